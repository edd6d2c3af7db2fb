//! Days and times of day as texts. All are made once, and a field takes its text from a list.

use crate::generate::text::two_digits;
use std::sync::LazyLock;

/// A version's form of days and times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// `Feb 27 2019  11:59AM`, as SQL Server's `CONVERT` writes them by itself.
    Month,
    /// `2019-02-27 11:59:08.123`
    Iso,
    /// `20190227 11:59:08`
    Compact,
}

/// A day in all forms.
#[derive(Debug)]
pub struct Day {
    month: [u8; 11],
    iso: [u8; 10],
    compact: [u8; 8],
}

/// Every day of [`YEARS`].
pub static DAYS: LazyLock<Vec<Day>> = LazyLock::new(days);
/// Every minute of a day as `  11:59AM`.
pub static MINUTES: LazyLock<Vec<[u8; 9]>> = LazyLock::new(|| (0..MINUTES_PER_DAY).map(minute).collect());

/// Minutes of a day.
pub const MINUTES_PER_DAY: u32 = 24 * 60;
/// The longest text of a day and a time (bytes).
pub const LONGEST_MOMENT: usize = 23;
/// The longest text of a day (bytes).
pub const LONGEST_DAY: usize = 11;

const YEARS: std::ops::Range<u32> = 2015..2025;
const MONTHS: [(&[u8; 3], u32); 12] = [
    (b"Jan", 31),
    (b"Feb", 28),
    (b"Mar", 31),
    (b"Apr", 30),
    (b"May", 31),
    (b"Jun", 30),
    (b"Jul", 31),
    (b"Aug", 31),
    (b"Sep", 30),
    (b"Oct", 31),
    (b"Nov", 30),
    (b"Dec", 31),
];

impl Day {
    fn new(year: u32, month: usize, day: u32) -> Day {
        let [[y1, y2], [m1, m2], [d1, d2]] =
            [two_digits(year / 100), two_digits(month as u32 + 1), two_digits(day)];
        let [y3, y4] = two_digits(year % 100);
        let [a, b, c] = *MONTHS[month].0;
        let blank_or_digit = if day < 10 { b' ' } else { d1 };
        Day {
            month: [a, b, c, b' ', blank_or_digit, d2, b' ', y1, y2, y3, y4],
            iso: [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2],
            compact: [y1, y2, y3, y4, m1, m2, d1, d2],
        }
    }

    /// The day in that form.
    #[inline]
    pub fn text(&self, clock: Clock) -> &[u8] {
        match clock {
            Clock::Month => &self.month,
            Clock::Iso => &self.iso,
            Clock::Compact => &self.compact,
        }
    }
}

fn days() -> Vec<Day> {
    let mut days = Vec::new();
    for year in YEARS {
        for (month, (_, length)) in MONTHS.iter().enumerate() {
            // No century is among the years.
            let leap_day = u32::from(month == 1 && year.is_multiple_of(4));
            days.extend((1..=length + leap_day).map(|day| Day::new(year, month, day)));
        }
    }
    days
}

fn minute(of_day: u32) -> [u8; 9] {
    let (hour, half) = (of_day / 60, if of_day < MINUTES_PER_DAY / 2 { b'A' } else { b'P' });
    let [h1, h2] = two_digits((hour + 11) % 12 + 1);
    let [m1, m2] = two_digits(of_day % 60);
    [b' ', b' ', if h1 == b'0' { b' ' } else { h1 }, h2, b':', m1, m2, half, b'M']
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_minutes_are_those_of_the_calendar() {
        assert_eq!(DAYS.len(), 3653);
        let first = jiff::civil::date(2015, 1, 1);
        for (number, day) in DAYS.iter().enumerate() {
            let date = first.checked_add(jiff::Span::new().days(number as i64)).unwrap();
            let texts = [Clock::Month, Clock::Iso, Clock::Compact].map(|clock| day.text(clock).to_vec());
            let expected =
                ["%b %e %Y", "%Y-%m-%d", "%Y%m%d"].map(|form| date.strftime(form).to_string().into_bytes());
            assert_eq!(texts, expected);
        }
        let texts = [0, 59, 9 * 60 + 5, 719, 720, 1439]
            .map(|of_day| String::from_utf8_lossy(&MINUTES[of_day]).into_owned());
        assert_eq!(texts, ["  12:00AM", "  12:59AM", "   9:05AM", "  11:59AM", "  12:00PM", "  11:59PM"]);
    }
}
