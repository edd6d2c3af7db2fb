//! Moments as most databases write them, each read by a way of its own: half of the work of encoding goes into these. The
//! parsers of parts (`calendar.rs`, `clock.rs`) read the same values, and others.

use super::calendar::{day_of, month};
use super::clock::{HOUR, MINUTE, SECOND};
use super::digits::{Form, eight_digits, two};

/// Digits of a fraction that are read at once.
const MOST_DIGITS: usize = 8;

/// A moment without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsualMoment {
    /// Days since 2000-01-01.
    pub day: i32,
    /// Microseconds since midnight.
    pub time: i64,
    /// Whether a part of the fraction, beyond microseconds, is cut off.
    pub is_cut: bool,
}

/// Reads `2019-02-27 13:09:00`, alone or with a fraction of up to eight digits, or SQL Server's `Feb 27 2019  1:09PM`; `None` for
/// any other form and any other day or time than there is.
#[inline(always)]
pub fn usual_moment(value: &[u8]) -> Option<UsualMoment> {
    match value.first()? {
        b'0'..=b'9' => iso_moment(value),
        _ => spoken_moment(value),
    }
}

#[inline(always)]
fn iso_moment(value: &[u8]) -> Option<UsualMoment> {
    const MONTH: Form = Form::new(b"0000-00-");
    const MINUTES: Form = Form::new(b"00 00:00");
    let (start, rest) = value.split_first_chunk()?;
    let (middle, rest) = rest.split_first_chunk()?;
    let [b':', s1, s2, fraction @ ..] = rest else { return None };
    let (date, time) = (MONTH.pairs(start)?, MINUTES.pairs(middle)?);
    let day = day_of(u32::from(date[0]) * 100 + u32::from(date[2]), u32::from(date[5]), u32::from(time[0]))?;
    let (hour, minute, second) = (time[3], time[6], two(*s1, *s2)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, is_cut) = match fraction {
        [] => (0, false),
        [b'.', digits @ ..] if (1..=MOST_DIGITS).contains(&digits.len()) => {
            let number = eight_digits(*value.last_chunk()?, digits.len())?;
            (number / 100, number % 100 > 0)
        }
        _ => return None,
    };
    let time =
        i64::from(hour) * HOUR + i64::from(minute) * MINUTE + i64::from(second) * SECOND + i64::from(micros);
    Some(UsualMoment { day, time, is_cut })
}

#[inline(always)]
fn spoken_moment(value: &[u8]) -> Option<UsualMoment> {
    let [m1, m2, m3, b' ', d1, d2, b' ', y1, y2, y3, y4, b' ', clock @ ..] = value else { return None };
    let ([h1, h2, b':', n1, n2, half, b'M'] | [b' ', h1, h2, b':', n1, n2, half, b'M']) = clock else {
        return None;
    };
    let digit = |byte: u8| byte.wrapping_sub(b'0');
    // A blank may stand for the first digit of day and hour.
    let padded = |byte: u8| digit(if byte == b' ' { b'0' } else { byte });
    let digits = [padded(*d1), digit(*d2), digit(*y1), digit(*y2), digit(*y3), digit(*y4)];
    let [d1, d2, y1, y2, y3, y4] = digits.map(u32::from);
    let [h1, h2, n1, n2] = [padded(*h1), digit(*h2), digit(*n1), digit(*n2)].map(u32::from);
    // One comparison for all: what is no digit is larger than any, and no later one takes that back.
    if [d1, d2, y1, y2, y3, y4, h1, h2, n1, n2].iter().fold(false, |any, digit| any | (*digit > 9)) {
        return None;
    }
    let day = day_of((y1 * 10 + y2) * 100 + y3 * 10 + y4, month([*m1, *m2, *m3])?, d1 * 10 + d2)?;
    let (hour, minute) = (h1 * 10 + h2, n1 * 10 + n2);
    let noon = match half {
        b'A' => 0,
        b'P' => 12,
        _ => return None,
    };
    if !(1..=12).contains(&hour) || minute > 59 {
        return None;
    }
    let hour = if hour == 12 { noon } else { hour + noon };
    Some(UsualMoment { day, time: i64::from(hour) * HOUR + i64::from(minute) * MINUTE, is_cut: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<(i64, bool)> {
        usual_moment(text.as_bytes()).map(|moment| (moment.time, moment.is_cut))
    }

    #[test]
    fn days_and_fractions() {
        let noon = 12 * HOUR;
        assert_eq!(time("2000-01-01 12:00:00"), Some((noon, false)));
        assert_eq!(time("2000-01-01 12:00:00.5"), Some((noon + 500_000, false)));
        assert_eq!(time("2000-01-01 12:00:00.123456"), Some((noon + 123_456, false)));
        assert_eq!(time("2000-01-01 12:00:00.1234560"), Some((noon + 123_456, false)));
        assert_eq!(time("2000-01-01 12:00:00.12345601"), Some((noon + 123_456, true)));
        assert_eq!(usual_moment(b"2019-02-27 00:00:00").unwrap().day, 6997);
    }

    #[test]
    fn the_words_of_sql_server() {
        for (text, minutes) in [
            ("Feb 27 2019  1:09PM", 13 * 60 + 9),
            ("feb 27 2019  1:09PM", 13 * 60 + 9),
            ("Feb 27 2019   1:09AM", 69),
            ("Feb 27 2019 12:00AM", 0),
            ("Feb 27 2019 12:30PM", 12 * 60 + 30),
            ("Feb 27 2019 01:09PM", 13 * 60 + 9),
        ] {
            let moment = usual_moment(text.as_bytes()).unwrap();
            assert_eq!((moment.day, moment.time), (6997, minutes * MINUTE), "{text}");
        }
        assert_eq!(usual_moment(b"Feb  7 2019 12:00AM").unwrap().day, 6977);
    }

    #[test]
    fn other_forms_are_not_known() {
        for other in [
            "",
            "2000-01-01 12:00",
            "2000-01-01T12:00:00",
            "2000-01-01 12:00:00.",
            "2000-01-01 12:00:00.123456789",
            "2000-01-01 12:00:00.12x",
            "2000-01-01 12:00:00Z",
            "2000-01-01 24:00:00",
            "2000-01-01 12:60:00",
            "2000-01-01 12:00:60",
            "2000-02-30 12:00:00",
            "0000-01-01 12:00:00",
            "Feb 27 2019 1:09PM",
            "Feb 27 2019    1:09PM",
            "Feb 27 2019 13:09PM",
            "Feb 27 2019 00:09PM",
            "Feb 27 2019  1:60PM",
            "Feb 30 2019  1:09PM",
            "Foo 27 2019  1:09PM",
            "Feb 2x 2019  1:09PM",
            "Feb 27 20 9  1:09PM",
            "Feb 27 2019  1:09XM",
        ] {
            assert_eq!(time(other), None, "{other}");
        }
    }
}
