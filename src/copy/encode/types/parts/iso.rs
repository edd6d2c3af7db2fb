//! A moment as most databases write it, read eight bytes at a time: half of a load's time for encoding goes into these.

use super::calendar::day_of;
use super::clock::{HOUR, MINUTE, SECOND};
use super::digits::{Form, eight_digits, two};

/// Digits of a fraction that are read at once.
const MOST_DIGITS: usize = 8;

/// A moment without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IsoMoment {
    /// Days since 2000-01-01.
    pub day: i32,
    /// Microseconds since midnight.
    pub time: i64,
    /// Whether a part of the fraction, beyond microseconds, is cut off.
    pub is_cut: bool,
}

/// Reads `2019-02-27 13:09:00`, alone or with a fraction of up to eight digits; `None` for any other form and any other day or
/// time than there is. The parsers of parts read these values, too, and others.
#[inline(always)]
pub fn iso_moment(value: &[u8]) -> Option<IsoMoment> {
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
    Some(IsoMoment { day, time, is_cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms() {
        let time = |text: &str| iso_moment(text.as_bytes()).map(|moment| (moment.time, moment.is_cut));
        let noon = 12 * HOUR;
        assert_eq!(time("2000-01-01 12:00:00"), Some((noon, false)));
        assert_eq!(time("2000-01-01 12:00:00.5"), Some((noon + 500_000, false)));
        assert_eq!(time("2000-01-01 12:00:00.123456"), Some((noon + 123_456, false)));
        assert_eq!(time("2000-01-01 12:00:00.1234560"), Some((noon + 123_456, false)));
        assert_eq!(time("2000-01-01 12:00:00.12345601"), Some((noon + 123_456, true)));
        assert_eq!(iso_moment(b"2019-02-27 00:00:00").unwrap().day, 6997);
        for other in [
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
        ] {
            assert_eq!(time(other), None, "{other}");
        }
    }
}
