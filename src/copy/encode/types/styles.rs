//! Forms of moments that are rewritten before an encoder or the server reads them.

use super::parts::digits::two;
use crate::copy::input::date_order::DateOrder;

/// Digits behind the colon: milliseconds, or as many as a `datetime2(7)` has.
const FRACTION: std::ops::RangeInclusive<usize> = 3..=7;

/// Writes a value whose seconds end with a colon and milliseconds (`11:59:00:123`, or with AM or PM behind it) to `out`, with a
/// point in place of that colon, and returns true; returns false for any other value, and leaves `out` as it was.
///
/// SQL Server writes the styles 9, 13, 14, 109, 113 and 114 of `CONVERT` so, and FreeTDS every `datetime`. The server reads
/// none of them.
pub fn with_point(value: &[u8], out: &mut Vec<u8>) -> bool {
    let time = match value {
        [time @ .., b'A' | b'a' | b'P' | b'p', b'M' | b'm'] => time.strip_suffix(b" ").unwrap_or(time),
        time => time,
    };
    let fraction = time.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, _) = time.split_at(time.len() - fraction);
    let [.., b':', m1, m2, b':', s1, s2, b':'] = before else { return false };
    if !FRACTION.contains(&fraction) || ![m1, m2, s1, s2].into_iter().all(u8::is_ascii_digit) {
        return false;
    }
    let start = out.len();
    out.extend_from_slice(value);
    out[start + before.len() - 1] = b'.';
    true
}

/// Writes a value that begins with `27/02/2019`, `27.02.2019` or `27-02-2019`, in this order of day and month, to `out`, with
/// `2019-02-27` in its place, and returns true; returns false for any other value, and leaves `out` as it was.
///
/// A day or a month may have one digit. Only a blank may follow.
pub fn with_iso_day(value: &[u8], order: DateOrder, out: &mut Vec<u8>) -> bool {
    let Some((first, separator, rest)) = leading_number(value) else { return false };
    let Some((second, same, rest)) = leading_number(rest) else { return false };
    let Some((year, rest)) = rest.split_first_chunk::<4>() else { return false };
    let is_whole = matches!(rest, [] | [b' ', ..]);
    if same != separator || !is_whole || !year.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let (month, day) = match order {
        DateOrder::Mdy => (first, second),
        DateOrder::Dmy => (second, first),
        DateOrder::Ymd => return false,
    };
    out.extend_from_slice(year);
    for number in [month, day] {
        out.push(b'-');
        out.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
    }
    out.extend_from_slice(rest);
    true
}

/// The only order in which a value that begins with a date such as `27/02/2019` can be read; `None` for a value that begins
/// otherwise.
pub fn only_order(value: &[u8]) -> Option<DateOrder> {
    match first_numbers(value)? {
        (13..=31, 1..=12) => Some(DateOrder::Dmy),
        (1..=12, 13..=31) => Some(DateOrder::Mdy),
        _ => None,
    }
}

/// Whether a value begins with a date such as `02/03/2019`, which is another day in another order.
pub fn has_two_orders(value: &[u8]) -> bool {
    matches!(first_numbers(value), Some((first @ 1..=12, second @ 1..=12)) if first != second)
}

/// The two numbers before the year in a value that begins with `27/02/2019`, or with a year of two digits.
fn first_numbers(value: &[u8]) -> Option<(u8, u8)> {
    let (first, separator, rest) = leading_number(value)?;
    let (second, same, rest) = leading_number(rest)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (same == separator && matches!(digits, 2 | 4)).then_some((first, second))
}

/// A number of one digit or two at the start of a value, the separator of dates behind it, and what follows.
fn leading_number(value: &[u8]) -> Option<(u8, u8, &[u8])> {
    let (tens, ones, separator, rest) = match value {
        [tens, ones, separator @ (b'/' | b'.' | b'-'), rest @ ..] => (*tens, *ones, *separator, rest),
        [ones, separator @ (b'/' | b'.' | b'-'), rest @ ..] => (b'0', *ones, *separator, rest),
        _ => return None,
    };
    // Less than 100.
    Some((two(tens, ones)? as u8, separator, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(value: &str, rewrite: impl Fn(&[u8], &mut Vec<u8>) -> bool) -> Option<String> {
        let mut out = b"kept".to_vec();
        let is_known = rewrite(value.as_bytes(), &mut out);
        assert!(is_known || out == b"kept");
        is_known.then(|| String::from_utf8(out.split_off(4)).unwrap())
    }

    #[test]
    fn milliseconds_behind_a_colon() {
        for (value, expected) in [
            ("Feb 27 2019 11:59:00:123AM", "Feb 27 2019 11:59:00.123AM"),
            ("Feb  7 2019  1:59:00:123PM", "Feb  7 2019  1:59:00.123PM"),
            ("27 Feb 2019 11:59:00:123", "27 Feb 2019 11:59:00.123"),
            ("11:59:00:000", "11:59:00.000"),
            ("11:59:00:000 pm", "11:59:00.000 pm"),
        ] {
            assert_eq!(rewritten(value, with_point).as_deref(), Some(expected));
        }
        for value in [
            "",
            "AM",
            "11:59:00",
            "11:59:00.123",
            "59:00:123",
            "1:59:00:12",
            "11:59:00:12",
            "11:59:00:123Z",
            "11:59:00:12a",
        ] {
            assert_eq!(rewritten(value, with_point), None, "{value}");
        }
    }

    #[test]
    fn days_in_their_order() {
        for (value, order, expected) in [
            ("27/02/2019", DateOrder::Dmy, Some("2019-02-27")),
            ("02/27/2019", DateOrder::Mdy, Some("2019-02-27")),
            ("3.2.2019 11:59:00", DateOrder::Dmy, Some("2019-02-03 11:59:00")),
            ("03-02-2019  1:59PM", DateOrder::Mdy, Some("2019-03-02  1:59PM")),
            // No day of any calendar: the encoder does not know it, and the server gets it as it is written.
            ("27/02/2019", DateOrder::Mdy, Some("2019-27-02")),
            ("27/02/19", DateOrder::Dmy, None),
            ("27/02-2019", DateOrder::Dmy, None),
            ("27/02/2019T11:59", DateOrder::Dmy, None),
            ("27/02/20190", DateOrder::Dmy, None),
            ("2019/02/27", DateOrder::Dmy, None),
            ("127/02/2019", DateOrder::Dmy, None),
            ("/02/2019", DateOrder::Dmy, None),
            ("27/02/2019", DateOrder::Ymd, None),
        ] {
            let found = rewritten(value, |value, out| with_iso_day(value, order, out));
            assert_eq!(found.as_deref(), expected, "{value} {order:?}");
        }
    }

    #[test]
    fn what_can_be_read_in_which_order() {
        for (value, only, two) in [
            ("27/02/2019", Some(DateOrder::Dmy), false),
            ("02.27.2019 11:59", Some(DateOrder::Mdy), false),
            ("27-2-19", Some(DateOrder::Dmy), false),
            ("03/02/2019", None, true),
            ("03/02/19 11:59", None, true),
            ("02/02/2019", None, false),
            ("32/02/2019", None, false),
            ("0/02/2019", None, false),
            ("2019-02-27", None, false),
            ("1.2.3.4", None, false),
            ("03/02/2", None, false),
        ] {
            assert_eq!(
                (only_order(value.as_bytes()), has_two_orders(value.as_bytes())),
                (only, two),
                "{value}"
            );
        }
    }
}
