//! Seconds with more digits than PostgreSQL keeps, in values of any form.

use std::borrow::Cow;

/// Digits behind the point that PostgreSQL keeps.
const KEPT: usize = 6;

/// A value without the digits of its seconds beyond microseconds, and whether any of these is not zero. The server would
/// round, even into the next year.
///
/// Seconds stand behind a colon, `11:59:00.1234567`, or before their unit, `1.1234567 secs`, `PT1.1234567S`. An array has many
/// values, so all of them are cut.
pub fn cut(value: &str) -> (Cow<'_, str>, bool) {
    let mut kept = String::new();
    let (mut from, mut is_cut) = (0, false);
    let bytes = value.as_bytes();
    for point in (0..bytes.len()).filter(|at| bytes[*at] == b'.') {
        let digits = bytes[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let are_seconds =
            || is_behind_seconds(&bytes[..point]) || begins_with_unit(&bytes[point + 1 + digits..]);
        if digits > KEPT && are_seconds() {
            let (start, end) = (point + 1 + KEPT, point + 1 + digits);
            is_cut |= bytes[start..end].iter().any(|digit| *digit != b'0');
            kept.push_str(&value[from..start]);
            from = end;
        }
    }
    if from == 0 {
        return (Cow::Borrowed(value), false);
    }
    kept.push_str(&value[from..]);
    (Cow::Owned(kept), is_cut)
}

/// Whether a text ends with `:59`, or with all of a time as ISO 8601 has it, `T115900`.
fn is_behind_seconds(text: &[u8]) -> bool {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = text.len().checked_sub(digits + 1).map(|at| text[at]);
    matches!((digits, before), (1 | 2, Some(b':')) | (6, Some(b'T' | b't' | b' ')))
}

/// Whether a text begins with the unit of seconds. Other units that begin with its letter do not exist.
fn begins_with_unit(text: &[u8]) -> bool {
    matches!(text, [b'S' | b's', ..] | [b' ', b'S' | b's', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_beyond_microseconds_go() {
        for (value, expected, is_cut) in [
            ("2019-02-27 11:59:00.1234567", "2019-02-27 11:59:00.123456", true),
            ("27/02/2019 11:59:00.1234567 +02:00", "27/02/2019 11:59:00.123456 +02:00", true),
            ("11:59:00.12345600000", "11:59:00.123456", false),
            ("20190227T115900.9999999", "20190227T115900.999999", true),
            ("{1:02:03.0000001,\"1 day 1:02:3.0000002\"}", "{1:02:03.000000,\"1 day 1:02:3.000000\"}", true),
            ("11:59:00.123456", "11:59:00.123456", false),
            ("1.12345678 days", "1.12345678 days", false),
            ("1.9999999 secs", "1.999999 secs", true),
            ("PT0.0000001S", "PT0.000000S", true),
            ("J2451187.12345678", "J2451187.12345678", false),
            ("é:00.1234567", "é:00.123456", true),
            ("", "", false),
        ] {
            assert_eq!(cut(value), (Cow::Borrowed(expected), is_cut), "{value}");
        }
    }
}
