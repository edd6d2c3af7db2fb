//! Days and times as numbers and as texts. Day 0 is 2000-01-01, as for PostgreSQL.

use crate::generate::text::{push_long_number, two_digits};

/// Microseconds of a day.
pub const MICROS_OF_DAY: i64 = 86_400_000_000;
/// 0001-01-01 and 9999-12-31.
pub const FIRST_DAY: i64 = -730_119;
pub const LAST_DAY: i64 = 2_921_939;
/// 2015-01-01 to 2024-12-31.
pub const USUAL_DAYS: (i64, i64) = (5479, 9131);

/// Days from 0000-03-01 to 2000-01-01.
const EPOCH: i64 = 730_425;

/// Appends a day as `2019-02-27`.
pub fn push_date(out: &mut Vec<u8>, day: i64) {
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days, for years that begin in March.
    let days = day + EPOCH;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era + i64::from(month >= 10);
    let month = if month < 10 { month + 3 } else { month - 9 };
    // All are within 0 and 9999.
    let [century, year, month, day] =
        [year / 100, year % 100, month, day].map(|number| two_digits(number as u32));
    out.extend_from_slice(&[
        century[0], century[1], year[0], year[1], b'-', month[0], month[1], b'-', day[0], day[1],
    ]);
}

/// Appends a time of day as `01:02:03`, with a fraction where there is one.
pub fn push_time(out: &mut Vec<u8>, micros: i64) {
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    // A day has 86,400 seconds.
    let [hour, minute, second] =
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map(|number| two_digits(number as u32));
    out.extend_from_slice(&[hour[0], hour[1], b':', minute[0], minute[1], b':', second[0], second[1]]);
    if fraction > 0 {
        let [first, second, third] =
            [fraction / 10_000, fraction / 100 % 100, fraction % 100].map(|number| two_digits(number as u32));
        out.extend_from_slice(&[b'.', first[0], first[1], second[0], second[1], third[0], third[1]]);
    }
}

/// Appends a day and a time.
pub fn push_moment(out: &mut Vec<u8>, micros: i64) {
    push_date(out, micros.div_euclid(MICROS_OF_DAY));
    out.push(b' ');
    push_time(out, micros.rem_euclid(MICROS_OF_DAY));
}

/// Appends a span of time as `3 days 04:05:06`.
pub fn push_interval(out: &mut Vec<u8>, seconds: i64) {
    push_long_number(out, (seconds / 86_400).unsigned_abs());
    out.extend_from_slice(b" days ");
    push_time(out, seconds % 86_400 * 1_000_000);
}

/// The day of `2019-02-27`, and of what begins so.
pub fn day_of(text: &str) -> Option<i64> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    // `0099-01-01 BC` and `infinity` are no days that are made.
    if text.ends_with("BC") {
        return None;
    }
    let since = date.since((jiff::Unit::Day, jiff::civil::date(2000, 1, 1))).ok()?;
    Some(i64::from(since.get_days()))
}

/// The microseconds of `01:02:03.5`, without its time zone.
pub fn time_of(text: &str) -> Option<i64> {
    let end = text.find(['+', '-']).unwrap_or(text.len());
    let time: jiff::civil::Time = text[..end].parse().ok()?;
    let seconds = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    Some(seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000)
}

/// The microseconds of `2019-02-27 01:02:03.5`; a day is its beginning. A time zone of hours is left out.
pub fn moment_of(text: &str) -> Option<i64> {
    let day = day_of(text)?.checked_mul(MICROS_OF_DAY)?;
    match text.get(11..) {
        Some(time) => day.checked_add(time_of(time)?),
        None => Some(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(push: impl Fn(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(text(|out| push_date(out, FIRST_DAY)), "0001-01-01");
        assert_eq!(text(|out| push_date(out, LAST_DAY)), "9999-12-31");
        for day in (FIRST_DAY..LAST_DAY).step_by(97) {
            assert_eq!(day_of(&text(|out| push_date(out, day))), Some(day));
        }
        let [first, last] = [USUAL_DAYS.0, USUAL_DAYS.1].map(|day| text(|out| push_date(out, day)));
        assert_eq!([first, last], ["2015-01-01", "2024-12-31"]);
    }

    #[test]
    fn moments_are_read_as_they_are_written() {
        for micros in [0, -1, 1_500_000, 86_399_999_999, 700_000_000_123_456] {
            assert_eq!(moment_of(&text(|out| push_moment(out, micros))), Some(micros));
        }
        assert_eq!(text(|out| push_moment(out, 1_500_000)), "2000-01-01 00:00:01.500000");
        assert_eq!(moment_of("2000-01-02 00:00:00+05:30"), Some(MICROS_OF_DAY));
        assert_eq!(["infinity", "0044-03-15 00:00:00 BC", "x"].map(moment_of), [None; 3]);
        assert_eq!(text(|out| push_interval(out, 273_906)), "3 days 04:05:06");
    }
}
