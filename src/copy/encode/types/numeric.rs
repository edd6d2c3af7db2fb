//! `numeric`, of any precision: the server applies the column's own one when it receives the field.
//!
//! The field (`numeric_recv` in the server's `numeric.c`): number of digits, weight of the first one, sign, number of
//! decimals behind the point, and the digits. A digit is one of base 10,000, that is four decimals; those at the point
//! begin at it, on both sides. Zero digits at either end are left out, as the server's own form has it.

use crate::copy::encode::binary::push_with;

/// The server reads longer values. So many bytes are more than any database's numbers have, and few enough for all counts of
/// the field.
const MAX_BYTES: usize = 1_000;
/// Decimals in a digit.
const DECIMALS: usize = 4;
/// The values of the sign field.
const POSITIVE: u16 = 0;
const NEGATIVE: u16 = 0x4000;

/// Appends the field and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows decimals with or without a sign and a point. The server reads exponents.
pub fn push_numeric(out: &mut Vec<u8>, value: &[u8]) -> bool {
    if value.len() > MAX_BYTES {
        return false;
    }
    let (sign, decimals) = match value {
        [b'-', decimals @ ..] => (NEGATIVE, decimals),
        [b'+', decimals @ ..] => (POSITIVE, decimals),
        decimals => (POSITIVE, decimals),
    };
    let point = decimals.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(point) => (&decimals[..point], &decimals[point + 1..]),
        None => (decimals, &[][..]),
    };
    if whole.is_empty() && fraction.is_empty() {
        return false;
    }
    let start = out.len();
    let mut known = false;
    push_with(out, |out| known = push_digits(out, sign, whole, fraction).is_some());
    if !known {
        out.truncate(start);
    }
    known
}

/// Appends the content of the field, for decimals before and behind the point.
#[inline]
fn push_digits(out: &mut Vec<u8>, sign: u16, whole: &[u8], fraction: &[u8]) -> Option<()> {
    let header = out.len();
    out.extend_from_slice(&[0; 8]);
    let first = out.len();
    // The next digit's weight; one less than the number of digits before the point.
    let mut weight = whole.len().div_ceil(DECIMALS) as i16 - 1;
    let mut push = |decimals: &[u8], missing: u32| -> Option<()> {
        let digit = digit(decimals)? * 10_u16.pow(missing);
        if digit == 0 && out.len() == first {
            weight -= 1;
        } else {
            out.extend_from_slice(&digit.to_be_bytes());
        }
        Some(())
    };
    let (head, digits) = whole.split_at(whole.len() % DECIMALS);
    if !head.is_empty() {
        push(head, 0)?;
    }
    for decimals in digits.chunks_exact(DECIMALS) {
        push(decimals, 0)?;
    }
    let digits = fraction.chunks_exact(DECIMALS);
    let tail = digits.remainder();
    for decimals in digits {
        push(decimals, 0)?;
    }
    if !tail.is_empty() {
        push(tail, (DECIMALS - tail.len()) as u32)?;
    }
    while out.len() > first && out.ends_with(&[0, 0]) {
        out.truncate(out.len() - 2);
    }
    // All these are below `MAX_BYTES`.
    let count = ((out.len() - first) / 2) as u16;
    let (weight, sign) = if count == 0 { (0, POSITIVE) } else { (weight, sign) };
    let fields = [count, weight as u16, sign, fraction.len() as u16];
    for (place, field) in out[header..first].chunks_exact_mut(2).zip(fields) {
        place.copy_from_slice(&field.to_be_bytes());
    }
    Some(())
}

/// The number that up to four decimals stand for.
#[inline]
fn digit(decimals: &[u8]) -> Option<u16> {
    decimals.iter().try_fold(0, |number, byte| {
        let decimal = byte.wrapping_sub(b'0');
        (decimal <= 9).then(|| number * 10 + u16::from(decimal))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weight, sign, number of decimals behind the point, digits.
    type Field = (i16, u16, u16, Vec<u16>);

    fn numeric(text: &str) -> Option<Field> {
        let mut out = b"kept".to_vec();
        if !push_numeric(&mut out, text.as_bytes()) {
            assert_eq!(out, b"kept");
            return None;
        }
        let fields: Vec<u16> =
            out[8..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        assert_eq!(out[4..8], (fields.len() as i32 * 2).to_be_bytes());
        assert_eq!(usize::from(fields[0]), fields.len() - 4);
        Some((fields[1] as i16, fields[2], fields[3], fields[4..].to_vec()))
    }

    #[test]
    fn digits_begin_at_the_point() {
        for (text, field) in [
            ("1", (0, POSITIVE, 0, vec![1])),
            ("-12345.678", (1, NEGATIVE, 3, vec![1, 2345, 6780])),
            ("+10000", (1, POSITIVE, 0, vec![1])),
            ("1234.56789", (0, POSITIVE, 5, vec![1234, 5678, 9000])),
            ("10000000.00000001", (1, POSITIVE, 8, vec![1000, 0, 0, 1])),
            (".5", (-1, POSITIVE, 1, vec![5000])),
            ("5.", (0, POSITIVE, 0, vec![5])),
            ("0.00001", (-2, POSITIVE, 5, vec![1000])),
            ("000012.50", (0, POSITIVE, 2, vec![12, 5000])),
        ] {
            assert_eq!(numeric(text), Some(field), "{text}");
        }
    }

    #[test]
    fn zero_has_no_digits_and_no_sign() {
        assert_eq!(numeric("0"), Some((0, POSITIVE, 0, vec![])));
        assert_eq!(numeric("-0.00"), Some((0, POSITIVE, 2, vec![])));
        assert_eq!(numeric("00000000.000000000"), Some((0, POSITIVE, 9, vec![])));
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in [
            "", "-", ".", "-.", "1.2.3", "1e5", "NaN", "Infinity", "1_000", "0x1F", " 1", "1 ", "1,5",
            "12a45", "--1",
        ] {
            assert_eq!(numeric(text), None, "{text}");
        }
        assert!(numeric(&"9".repeat(MAX_BYTES)).is_some());
        assert!(numeric(&"9".repeat(MAX_BYTES + 1)).is_none());
    }
}
