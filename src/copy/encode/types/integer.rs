//! `smallint`, `integer` and `bigint`.

use super::parts::digits::last_digits;
use crate::copy::encode::binary::push_array;

/// A number of so many digits is always less than 2^63.
const SAFE_DIGITS: usize = 18;

/// Appends a `smallint` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows an optional sign with digits, within the type's range.
pub fn push_int2(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(number) = parse(value).and_then(|number| i16::try_from(number).ok()) else { return false };
    push_array(out, number.to_be_bytes());
    true
}

/// Appends an `integer`; as [`push_int2`].
pub fn push_int4(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(number) = parse(value).and_then(|number| i32::try_from(number).ok()) else { return false };
    push_array(out, number.to_be_bytes());
    true
}

/// Appends a `bigint`; as [`push_int2`].
pub fn push_int8(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(number) = parse(value) else { return false };
    push_array(out, number.to_be_bytes());
    true
}

/// As [`push_int2`], for the bytes of a batch from `start` to `end`, which are to be up to eight digits: they are read at once.
pub fn push_short_int2(out: &mut Vec<u8>, batch: &[u8], start: usize, end: usize) -> bool {
    let Some(number) = short(batch, start, end).and_then(|number| i16::try_from(number).ok()) else {
        return false;
    };
    push_array(out, number.to_be_bytes());
    true
}

/// As [`push_short_int2`], for an `integer`.
pub fn push_short_int4(out: &mut Vec<u8>, batch: &[u8], start: usize, end: usize) -> bool {
    let Some(number) = short(batch, start, end) else { return false };
    push_array(out, number.to_be_bytes());
    true
}

/// As [`push_short_int2`], for a `bigint`.
pub fn push_short_int8(out: &mut Vec<u8>, batch: &[u8], start: usize, end: usize) -> bool {
    let Some(number) = short(batch, start, end) else { return false };
    push_array(out, u64::from(number).to_be_bytes());
    true
}

/// The number of up to eight digits, which is less than 2^31.
#[inline(always)]
fn short(batch: &[u8], start: usize, end: usize) -> Option<u32> {
    // What stands before the digits is read, too, and does not count.
    last_digits(*batch.get(..end)?.last_chunk()?, end - start)
}

#[inline]
fn parse(value: &[u8]) -> Option<i64> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    if digits.len() > SAFE_DIGITS {
        return parse_long(negative, digits);
    }
    let mut number: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(if negative { -number } else { number })
}

/// Reads a number that may be out of range. It is negative while it grows, since there is one more negative number than
/// positive ones.
#[cold]
fn parse_long(negative: bool, digits: &[u8]) -> Option<i64> {
    let mut number: i64 = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(number) } else { number.checked_neg() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_number_is_read_as_any_other() {
        for before in ["", "|", "12345678|", "-|", "\u{e9}\u{e9}\u{e9}\u{e9}|"] {
            for text in
                ["", "0", "7", "42", "007", "32767", "32768", "99999999", "123456789", "-1", "+1", "1x", " 1"]
            {
                let batch = format!("{before}{text}|9");
                let (start, end) = (before.len(), before.len() + text.len());
                for (push, push_short) in [
                    (
                        push_int2 as fn(&mut Vec<u8>, &[u8]) -> bool,
                        push_short_int2 as fn(&mut Vec<u8>, &[u8], _, _) -> bool,
                    ),
                    (push_int4, push_short_int4),
                    (push_int8, push_short_int8),
                ] {
                    let (mut any, mut short) = (Vec::new(), Vec::new());
                    let (is_any, is_short) = (
                        push(&mut any, text.as_bytes()),
                        push_short(&mut short, batch.as_bytes(), start, end),
                    );
                    if is_short {
                        assert_eq!((is_any, &any), (true, &short), "{batch}");
                    } else {
                        let is_usual = end >= 8
                            && (1..=8).contains(&text.len())
                            && text.bytes().all(|b| b.is_ascii_digit());
                        assert!(short.is_empty() && !(is_usual && is_any), "{batch}");
                    }
                }
            }
        }
    }

    #[test]
    fn signs_zeros_and_limits() {
        for (text, number) in [
            ("0", 0),
            ("-0", 0),
            ("+7", 7),
            ("-7", -7),
            ("007", 7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("-00000000000000000000009223372036854775808", i64::MIN),
            ("+0009223372036854775807", i64::MAX),
        ] {
            assert_eq!(parse(text.as_bytes()), Some(number), "{text}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "99999999999999999999999"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in [
            "",
            "-",
            "+",
            "--1",
            "1 ",
            " 1",
            "1.0",
            "1e2",
            "0x1F",
            "1_000",
            "1000000000000000000a",
            "\u{661}",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn each_type_has_its_range() {
        let mut out = Vec::new();
        assert!(push_int2(&mut out, b"-32768") && !push_int2(&mut out, b"32768"));
        assert!(push_int4(&mut out, b"2147483647") && !push_int4(&mut out, b"-2147483649"));
        assert!(push_int8(&mut out, b"2147483648"));
        assert_eq!(out, b"\0\0\0\x02\x80\0\0\0\0\x04\x7f\xff\xff\xff\0\0\0\x08\0\0\0\0\x80\0\0\0");
    }
}
