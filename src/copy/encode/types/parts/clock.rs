//! Times of day at the start of a value, and zones at its end. `time` and the types with a day and a time share them.

use super::digits::{Form, two, two_or_padded};

/// Microseconds of a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;

/// Zones end before 16 hours (`MAX_TZDISP_HOUR` in the server's `datetime.h`).
const ZONE_HOURS: u32 = 15;

/// The value without one blank at its start; without such a blank, all of it.
#[inline(always)]
pub fn skip_blank(value: &[u8]) -> &[u8] {
    match value {
        [b' ', rest @ ..] => rest,
        rest => rest,
    }
}

/// A time of day at the start of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock<'a> {
    /// Microseconds since midnight.
    pub micros: i64,
    /// Whether a part of the fraction, beyond microseconds, is cut off.
    pub is_cut: bool,
    /// The bytes behind it.
    pub rest: &'a [u8],
}

/// Reads a time of day. A blank may stand for the first digit of the hour.
#[inline(always)]
pub fn leading_clock(value: &[u8]) -> Option<Clock<'_>> {
    const WITH_SECONDS: Form = Form::new(b"00:00:00");
    let with_seconds =
        value.split_first_chunk().and_then(|(start, rest)| Some((WITH_SECONDS.pairs(start)?, rest)));
    let (mut hour, minute, second, fraction, mut rest) = match with_seconds {
        Some((pairs, rest)) => {
            let (fraction, rest) = leading_fraction(rest)?;
            (u32::from(pairs[0]), u32::from(pairs[3]), u32::from(pairs[6]), fraction, rest)
        }
        None => {
            let (hour, minute, rest) = match value {
                [h1, h2, b':', m1, m2, rest @ ..] => (two_or_padded(*h1, *h2)?, two(*m1, *m2)?, rest),
                [h2, b':', m1, m2, rest @ ..] => (two(b'0', *h2)?, two(*m1, *m2)?, rest),
                _ => return None,
            };
            match rest {
                [b':', s1, s2, rest @ ..] => {
                    let (fraction, rest) = leading_fraction(rest)?;
                    (hour, minute, two(*s1, *s2)?, fraction, rest)
                }
                rest => (hour, minute, 0, Fraction::default(), rest),
            }
        }
    };
    if let [half @ (b'A' | b'a' | b'P' | b'p'), b'M' | b'm', behind @ ..] = skip_blank(rest) {
        // With a zone behind it, the server may read one word, as in `AMZ`.
        if !(1..=12).contains(&hour) || !behind.is_empty() {
            return None;
        }
        hour = hour % 12 + if half.eq_ignore_ascii_case(&b'P') { 12 } else { 0 };
        rest = behind;
    }
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then(|| Clock {
        micros: i64::from(hour) * HOUR
            + i64::from(minute) * MINUTE
            + i64::from(second) * SECOND
            + fraction.micros,
        is_cut: fraction.is_cut,
        rest,
    })
}

/// A fraction of a second.
#[derive(Default)]
struct Fraction {
    micros: i64,
    is_cut: bool,
}

/// Reads `.123`, up to nine digits; 0 without a point. The server would round to microseconds, and `9999-12-31
/// 23:59:59.9999999` would leave its year: here the rest is cut off.
#[inline(always)]
fn leading_fraction(value: &[u8]) -> Option<(Fraction, &[u8])> {
    const TENS: [i64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
    let [b'.', digits @ ..] = value else { return Some((Fraction::default(), value)) };
    let mut number: i64 = 0;
    let mut count = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
        count += 1;
    }
    let (micros, rest) = match count {
        1..=6 => (number * TENS[6 - count], 0),
        7 => (number / 10, number % 10),
        8 => (number / 100, number % 100),
        9 => (number / 1_000, number % 1_000),
        _ => return None,
    };
    Some((Fraction { micros, is_cut: rest > 0 }, &digits[count..]))
}

/// The zone behind a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The value names none.
    Unnamed,
    /// Seconds to the east of UTC.
    East(i32),
}

impl Zone {
    /// Seconds to the east of UTC, which stands in for a zone that is not named: sessions have that time zone.
    #[inline(always)]
    pub fn seconds(self) -> i32 {
        match self {
            Zone::Unnamed => 0,
            Zone::East(seconds) => seconds,
        }
    }
}

/// Reads a zone that is all of the value, or an empty value.
///
/// It knows `Z`, `+05:30` and `+05`, the latter two with a blank before them or without.
#[inline(always)]
pub fn zone(value: &[u8]) -> Option<Zone> {
    let (sign, h1, h2, minutes) = match value {
        [] => return Some(Zone::Unnamed),
        [b'Z' | b'z'] => return Some(Zone::East(0)),
        [b' ', sign, h1, h2, minutes @ ..] | [sign, h1, h2, minutes @ ..] => (sign, h1, h2, minutes),
        _ => return None,
    };
    let minutes = match minutes {
        [] => 0,
        [b':', m1, m2] => two(*m1, *m2)?,
        _ => return None,
    };
    let hours = two(*h1, *h2)?;
    if hours > ZONE_HOURS || minutes > 59 {
        return None;
    }
    // Less than 16 hours.
    let seconds = (hours * 3600 + minutes * 60) as i32;
    match sign {
        b'+' => Some(Zone::East(seconds)),
        b'-' => Some(Zone::East(-seconds)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        leading_clock(text.as_bytes()).filter(|clock| clock.rest.is_empty()).map(|clock| clock.micros)
    }

    #[test]
    fn forms() {
        let minutes = |minutes: i64| Some(minutes * MINUTE);
        for text in ["13:05", "13:05:00", "13:05:00.0000000", "1:05PM", "01:05pm", "1:05:00.000 PM"] {
            assert_eq!(micros(text), minutes(13 * 60 + 5), "{text}");
        }
        assert_eq!(micros("12:00AM"), minutes(0));
        assert_eq!(micros("12:30PM"), minutes(12 * 60 + 30));
        assert_eq!(micros("00:00:01.5"), Some(1_500_000));
        assert_eq!(micros("00:00:00.123456"), Some(123_456));
    }

    #[test]
    fn what_is_beyond_microseconds_is_cut_off() {
        for (text, expected, is_cut) in [
            ("00:00:00.1234567", 123_456, true),
            ("00:00:00.1234560", 123_456, false),
            ("00:00:00.00000099", 0, true),
            ("00:00:00.123456001", 123_456, true),
            ("00:00:00.123456000", 123_456, false),
            ("23:59:59.9999999", DAY - 1, true),
        ] {
            let clock = leading_clock(text.as_bytes()).unwrap();
            assert_eq!((clock.micros, clock.is_cut), (expected, is_cut), "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in [
            "",
            "11",
            "11:5",
            "24:00",
            "11:60",
            "11:59:60",
            "11:59:59.",
            "11:59:59.1234567890",
            "11:59.5",
            "13:00PM",
            "0:30AM",
            "11:59AMx",
            "11:59AMZ",
            "11:59AM+01",
            "11:59:59:123",
            "111:59",
            "-1:00",
            " 11:59",
            "11:59 ",
            "11:59  AM",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn zones() {
        assert_eq!(zone(b""), Some(Zone::Unnamed));
        for (text, seconds) in [
            ("Z", 0),
            ("+00", 0),
            ("-00:00", 0),
            ("+05:30", 19_800),
            (" -08:00", -28_800),
            ("+15:59", 57_540),
        ] {
            assert_eq!(zone(text.as_bytes()), Some(Zone::East(seconds)), "{text}");
        }
        for text in [
            " ",
            "+",
            "+5",
            "+5:30",
            "+05:3",
            "+05:60",
            "+16:00",
            "05:30",
            "  +05",
            "UTC",
            "+05:30:00",
            "+0530",
            " Z",
        ] {
            assert_eq!(zone(text.as_bytes()), None, "{text}");
        }
    }
}
