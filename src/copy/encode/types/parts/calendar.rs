//! Days at the start of a value: forms, months and the calendar. `date` and the types with a day and a time share them.

use super::digits::{Form, four, two, two_or_padded};

/// Days from 0000-03-01 to 2000-01-01, which is PostgreSQL's day 0 (`POSTGRES_EPOCH_JDATE`).
const EPOCH: i32 = 730_425;

/// A day at the start of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day<'a> {
    /// Days since 2000-01-01.
    pub number: i32,
    /// Whether it is written as `2019-02-27`.
    pub is_iso: bool,
    /// The bytes behind it.
    pub rest: &'a [u8],
}

/// Reads `2019-02-27`, `20190227` (unless another digit follows), `Feb 27 2019` or `27 Feb 2019`, of the years 1 to 9999.
#[inline(always)]
pub fn leading_day(value: &[u8]) -> Option<Day<'_>> {
    const ISO: Form = Form::new(b"0000-00-");
    let iso = value.split_first_chunk().and_then(|(start, rest)| Some((ISO.pairs(start)?, rest)));
    if let Some((pairs, [d1, d2, rest @ ..])) = iso {
        let year = u32::from(pairs[0]) * 100 + u32::from(pairs[2]);
        return day(year, u32::from(pairs[5]), two(*d1, *d2)?, true, rest);
    }
    match value {
        [d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, rest @ ..] => {
            day(four([*y1, *y2, *y3, *y4])?, month([*m1, *m2, *m3])?, two(*d1, *d2)?, false, rest)
        }
        [b'0'..=b'9', ..] => {
            let [y1, y2, y3, y4, m1, m2, d1, d2, rest @ ..] = value else { return None };
            day(four([*y1, *y2, *y3, *y4])?, two(*m1, *m2)?, two(*d1, *d2)?, false, rest)
        }
        [m1, m2, m3, b' ', d1, d2, b' ', y1, y2, y3, y4, rest @ ..] => {
            let number = two_or_padded(*d1, *d2)?;
            day(four([*y1, *y2, *y3, *y4])?, month([*m1, *m2, *m3])?, number, false, rest)
        }
        [m1, m2, m3, b' ', d2, b' ', y1, y2, y3, y4, rest @ ..] => {
            day(four([*y1, *y2, *y3, *y4])?, month([*m1, *m2, *m3])?, two(b'0', *d2)?, false, rest)
        }
        _ => None,
    }
}

#[inline(always)]
fn day(year: u32, month: u32, day: u32, is_iso: bool, rest: &[u8]) -> Option<Day<'_>> {
    let number = day_of(year, month, day)?;
    (!rest.first().is_some_and(u8::is_ascii_digit)).then_some(Day { number, is_iso, rest })
}

/// Days since 2000-01-01, for a day of the years 1 to 9999.
#[inline(always)]
pub fn day_of(year: u32, month: u32, day: u32) -> Option<i32> {
    is_valid(year, month, day).then(|| day_number(year, month, day))
}

/// English months by the first three letters of their names, each at its [`month_slot`].
static MONTHS: [(u32, u32); 16] = {
    let names = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let mut months = [(0, 0); 16];
    let mut at = 0;
    while at < 12 {
        let name = u32::from_be_bytes([0, names[3 * at], names[3 * at + 1], names[3 * at + 2]]);
        months[month_slot(name)] = (name, at as u32 + 1);
        at += 1;
    }
    months
};

/// The multiplier is the least odd number that gives every month a slot of its own.
const fn month_slot(name: u32) -> usize {
    (name.wrapping_mul(1909207) >> 28) as usize
}

/// The number of an English month by the first three letters of its name.
#[inline(always)]
pub fn month([a, b, c]: [u8; 3]) -> Option<u32> {
    // This makes capital letters small, and makes no letter of another byte.
    let wanted = u32::from_be_bytes([0, a, b, c]) | 0x20_20_20;
    let (name, number) = MONTHS[month_slot(wanted)];
    (name == wanted).then_some(number)
}

#[inline(always)]
fn is_valid(year: u32, month: u32, day: u32) -> bool {
    const LAST: [u32; 13] = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let Some(last) = LAST.get(month as usize) else { return false };
    // Without branches, which a processor cannot foresee where days are random.
    let is_leap = year.is_multiple_of(4) & (!year.is_multiple_of(100) | year.is_multiple_of(400));
    let last = last + u32::from((month == 2) & is_leap);
    year > 0 && day > 0 && day <= last
}

/// `days_from_civil` of Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms"
/// (<https://howardhinnant.github.io/date_algorithms.html>), for years that need no negative numbers. A year begins in March,
/// so its leap day is its last day.
#[inline(always)]
fn day_number(year: u32, month: u32, day: u32) -> i32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    // At most 3.7 million.
    days as i32 - EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<i32> {
        leading_day(text.as_bytes()).filter(|day| day.rest.is_empty()).map(|day| day.number)
    }

    #[test]
    fn every_day_follows_the_day_before() {
        let mut expected = number("0001-01-01").unwrap();
        assert_eq!(expected, -730_119);
        for year in 1..=9999 {
            for month in 1..=12 {
                for day in (1..=31).filter(|day| is_valid(year, month, *day)) {
                    assert_eq!(day_number(year, month, day), expected, "{year}-{month}-{day}");
                    expected += 1;
                }
            }
        }
        assert_eq!(number("9999-12-31"), Some(expected - 1));
    }

    #[test]
    fn months_and_nothing_else() {
        let names = ["jan", "FEB", "Mar", "aPR", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        for (name, expected) in names.iter().zip(1..) {
            let letters: [u8; 3] = name.as_bytes().try_into().unwrap();
            assert_eq!(month(letters), Some(expected), "{name}");
            for at in 0..3 {
                let mut other = letters;
                other[at] ^= 0x40;
                assert_eq!(month(other), None, "{other:?}");
            }
        }
        assert_eq!(month([0; 3]), None);
    }

    #[test]
    fn forms() {
        assert_eq!(number("2000-01-01"), Some(0));
        for text in ["2019-02-27", "20190227", "Feb 27 2019", "FEB 27 2019", "feb 27 2019", "27 Feb 2019"] {
            assert_eq!(number(text), Some(6997), "{text}");
        }
        for text in ["Feb 7 2019", "Feb  7 2019", "Feb 07 2019", "2019-02-07"] {
            assert_eq!(number(text), Some(6977), "{text}");
        }
    }

    #[test]
    fn days_that_no_calendar_has_and_other_forms_are_not_known() {
        for text in [
            "",
            "2019-02-29",
            "1900-02-29",
            "2019-04-31",
            "2019-13-01",
            "2019-00-01",
            "2019-01-00",
            "0000-01-01",
            "0000-00-00",
            "Foo 27 2019",
            "Feb   7 2019",
            "Feb 27  2019",
            "Feb 27, 2019",
            "7 Feb 2019",
            "29 Feb 2019",
            " 7 Feb 2019",
            "Feb 27 19",
            "Feb 027 2019",
            "2019/02/27",
            "2019-2-27",
            "201902271",
            "2019-02-271",
            "infinity",
            "2019-02",
            "Feb 27 20199",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
