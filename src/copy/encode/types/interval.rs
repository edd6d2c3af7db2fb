//! `interval` as PostgreSQL writes it, and with its units in full.

use super::parts::clock::{HOUR, MINUTE, SECOND};
use super::parts::digits::two;
use crate::copy::encode::binary::push_array;

/// Digits of a number that fits into an `int`: up to version 14, PostgreSQL reads numbers into one.
const NUMBER_DIGITS: usize = 9;

/// Appends an `interval` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows whole numbers of units, such as `1 year 2 mons -3 days`, each unit at most once and the larger ones first,
/// and behind them or alone a time, `04:05:06.789`, whose hours may be many. Each number and the time have a sign of their
/// own (`DecodeInterval` in the server's `datetime.c`; only `IntervalStyle` `sql_standard` shares them out, and sessions have
/// `postgres`).
pub fn push_interval(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(interval) = parse(value) else { return false };
    let mut field = [0; 16];
    field[..8].copy_from_slice(&interval.micros.to_be_bytes());
    field[8..12].copy_from_slice(&interval.days.to_be_bytes());
    field[12..].copy_from_slice(&interval.months.to_be_bytes());
    push_array(out, field);
    true
}

/// The three numbers of an interval. None follows from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Interval {
    months: i32,
    days: i32,
    micros: i64,
}

/// The units from the largest to the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

fn parse(value: &[u8]) -> Option<Interval> {
    let (mut months, mut days, mut micros) = (0, 0, 0);
    let mut last = None;
    let mut rest = value;
    loop {
        let (sign, unsigned) = match rest {
            [b'-', unsigned @ ..] => (-1, unsigned),
            [b'+', unsigned @ ..] => (1, unsigned),
            unsigned => (1, unsigned),
        };
        let (number, behind) = leading_number(unsigned)?;
        let word = match behind {
            [b':', minutes @ ..] if last < Some(Unit::Hour) => {
                micros = sign * (number * HOUR + below_an_hour(minutes)?);
                break;
            }
            [b' ', word @ ..] => word,
            _ => return None,
        };
        let (word, next) = match word.iter().position(|byte| *byte == b' ') {
            Some(end) => (&word[..end], Some(&word[end + 1..])),
            None => (word, None),
        };
        let unit = unit(word)?;
        if last >= Some(unit) {
            return None;
        }
        last = Some(unit);
        // Of numbers with so few digits, no sum and no product here is too large.
        let number = sign * number;
        match unit {
            Unit::Year => months += 12 * number,
            Unit::Month => months += number,
            Unit::Day => days = number,
            Unit::Hour => micros += number * HOUR,
            Unit::Minute => micros += number * MINUTE,
            Unit::Second => micros += number * SECOND,
        }
        match next {
            Some(next) => rest = next,
            None => break,
        }
    }
    Some(Interval { months: i32::try_from(months).ok()?, days: i32::try_from(days).ok()?, micros })
}

/// The words that PostgreSQL writes, in any `IntervalStyle`, and words in full.
fn unit(word: &[u8]) -> Option<Unit> {
    match word {
        b"year" | b"years" => Some(Unit::Year),
        b"mon" | b"mons" | b"month" | b"months" => Some(Unit::Month),
        b"day" | b"days" => Some(Unit::Day),
        b"hour" | b"hours" => Some(Unit::Hour),
        b"min" | b"mins" | b"minute" | b"minutes" => Some(Unit::Minute),
        b"sec" | b"secs" | b"second" | b"seconds" => Some(Unit::Second),
        _ => None,
    }
}

/// Reads digits without a sign.
fn leading_number(value: &[u8]) -> Option<(i64, &[u8])> {
    let count = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > NUMBER_DIGITS {
        return None;
    }
    let (digits, rest) = value.split_at(count);
    Some((digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')), rest))
}

/// Reads the minutes, seconds and microseconds behind the hours of a time, in microseconds: `05`, `05:06`, `05:06.789`.
///
/// A fraction of more digits would have to be rounded as the server does it.
fn below_an_hour(value: &[u8]) -> Option<i64> {
    let (minutes, seconds, fraction) = match value {
        [m1, m2] => (two(*m1, *m2)?, 0, 0),
        [m1, m2, b':', s1, s2] => (two(*m1, *m2)?, two(*s1, *s2)?, 0),
        [m1, m2, b':', s1, s2, b'.', digits @ ..] if digits.len() <= 6 => {
            let (fraction, rest) = leading_number(digits)?;
            if !rest.is_empty() {
                return None;
            }
            let micros = (digits.len()..6).fold(fraction, |micros, _| micros * 10);
            (two(*m1, *m2)?, two(*s1, *s2)?, micros)
        }
        _ => return None,
    };
    let valid = minutes < 60 && seconds < 60;
    valid.then(|| i64::from(minutes) * MINUTE + i64::from(seconds) * SECOND + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(months: i32, days: i32, micros: i64) -> Option<Interval> {
        Some(Interval { months, days, micros })
    }

    #[test]
    fn what_postgresql_writes() {
        for (text, expected) in [
            ("00:00:00", interval(0, 0, 0)),
            ("1 year 2 mons 3 days 04:05:06.789", interval(14, 3, 4 * HOUR + 5 * MINUTE + 6_789_000)),
            ("-1 years -2 mons +3 days -04:05:06", interval(-14, 3, -(4 * HOUR + 5 * MINUTE + 6 * SECOND))),
            ("1 year -1 mons", interval(11, 0, 0)),
            ("-00:00:00.000001", interval(0, 0, -1)),
            ("838:59:59", interval(0, 0, 839 * HOUR - SECOND)),
            ("3 days", interval(0, 3, 0)),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn units_in_full_and_the_largest_numbers() {
        assert_eq!(parse(b"2 hours 30 minutes 1 second"), interval(0, 0, 2 * HOUR + 30 * MINUTE + SECOND));
        assert_eq!(parse(b"1 month -1 day 02:03"), interval(1, -1, 2 * HOUR + 3 * MINUTE));
        assert_eq!(parse(b"178956970 years 7 months"), interval(i32::MAX, 0, 0));
        assert_eq!(parse(b"178956970 years 8 months"), None);
        assert_eq!(parse(b"-178956970 years -8 months"), interval(i32::MIN, 0, 0));
        assert_eq!(
            parse(b"999999999 hours 999999999 mins 999999999 secs"),
            interval(0, 0, 999_999_999 * (HOUR + MINUTE + SECOND))
        );
        assert_eq!(parse(b"1000000000 hours"), None);
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in [
            "",
            "1",
            "-",
            "day",
            "1 ",
            "1 day ",
            " 1 day",
            "1  day",
            "1day",
            "1 day 1",
            "1 DAY",
            "1.5 days",
            "1 week",
            "- 1 day",
            "--1 day",
            "1 day ago",
            "@ 1 day",
            "1-2",
            "1 04:05:06",
            "P1D",
            "1 day, 1 hour",
            "1 day 1 day",
            "1 day 1 month",
            "1 hour 00:01",
            "04:05:06 1 day",
            "04:05:06 ",
            "04:5:06",
            "04:05:60",
            "04:60",
            "04:05:06.",
            "04:05:06.1234567",
            "04:05.5",
            "04:05:06.-1",
            ":05",
            "04:",
            "infinity",
            "1 day\0",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_field_holds_microseconds_then_days_then_months() {
        let mut out = Vec::new();
        assert!(push_interval(&mut out, b"1 mon 2 days 00:00:00.000003"));
        assert_eq!(out, b"\0\0\0\x10\0\0\0\0\0\0\0\x03\0\0\0\x02\0\0\0\x01");
        assert!(!push_interval(&mut out, b"1 fortnight"));
        assert_eq!(out.len(), 20);
    }
}
