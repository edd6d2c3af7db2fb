//! The values of fields. Each is appended to the row without formatting machinery and without allocation.

use super::moments::{Clock, DAYS, LONGEST_DAY, LONGEST_MOMENT, MINUTES, MINUTES_PER_DAY, two_digits};
use super::words::{CITIES, FILLERS, FIRST_NAMES, LAST_NAMES, REMARKS, SUBJECTS, Words};
use crate::generate::random::Random;
use crate::generate::text::{push_number, push_uuid};
use crate::generate::users::words as ascii;

/// The values of a column.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// 1, 2, 3 and so on; after the largest int, from 1 again.
    Key,
    /// As [`Values::Key`], with each number so many times.
    KeyOfMany(u32),
    /// Whole numbers from 1 to this one.
    Number(u32),
    /// 0 or 1.
    Flag,
    /// Up to this number, with two decimals; some are negative.
    Amount(u32),
    /// Numbers in several forms, such as `4.37` and `1e-5`.
    Rating,
    /// Days.
    Day,
    /// Days with a time; the days move on from row to row.
    Moment,
    /// UUIDs.
    Uuid,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Where a user is served: `ES-01`.
    InstanceCode,
    /// First names.
    FirstName,
    /// Last names.
    LastName,
    /// Cities.
    City,
    /// Addresses at domains that receive no mail.
    Email,
    /// Telephone numbers.
    Phone,
    /// Titles of courses.
    Title,
    /// Remarks.
    Notes,
}

/// A version's form of fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The form of days and times.
    pub clock: Clock,
    /// The line end of rows, and within quotes.
    pub line_end: &'static str,
}

/// The number of different keys: the largest int.
const KEYS: u64 = i32::MAX as u64;
/// The most bytes that [`push_text`] adds to a text.
const QUOTED_BYTES: usize = 2 + QUOTED.len();
/// A doubled quote before and after a word.
const QUOTED: &[u8] = b" ``Zo\xeb``";
const INSTANCES: [&str; 12] = ["ES", "DE", "SE", "IN", "GB", "US", "FR", "PL", "IS", "DK", "PT", "NL"];
/// The beginnings of telephone numbers: blocks that the authorities (Ofcom, Bundesnetzagentur, ARCEP) keep for films and
/// the like. Three digits are left.
const PHONE_BLOCKS: [&str; 4] = ["+44 1632 960 ", "+44 20 7946 0", "+49 30 23125 ", "+33 1 99 00 0"];
/// Bytes of each of them.
const PHONE_BLOCK_BYTES: usize = 13;
const LONGEST_FILLERS: u32 = 6;
/// The number of rows after which days move on by one.
const ROWS_PER_DAY: u64 = 1000;
/// The greatest distance between the days of one row.
const DAYS_APART: u32 = 32;

impl Values {
    /// Appends the value of record `index`.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>, random: &mut Random, index: u64, style: Style) {
        match self {
            Values::Key => push_key(out, index),
            Values::KeyOfMany(times) => push_key(out, index / u64::from(times)),
            Values::Number(last) => push_number(out, random.between(1, last)),
            Values::Flag => out.push(b'0' + u8::from(random.below(4) > 0)),
            Values::Amount(last) => push_amount(out, random, last),
            Values::Rating => push_rating(out, random),
            Values::Day => {
                let day = random.below(DAYS.len() as u32);
                out.extend_from_slice(DAYS[day as usize].text(style.clock));
            }
            Values::Moment => push_moment(out, random, index, style.clock),
            Values::Uuid => push_uuid(out, &random.bytes()),
            Values::OneOf(words) => out.extend_from_slice(random.pick(words).as_bytes()),
            Values::InstanceCode => {
                out.extend_from_slice(random.pick(&INSTANCES).as_bytes());
                out.push(b'-');
                out.extend_from_slice(&two_digits(random.between(1, 20)));
            }
            Values::FirstName => {
                push_text(out, random, style, |out, random| push_word(out, random, &FIRST_NAMES))
            }
            Values::LastName => {
                push_text(out, random, style, |out, random| push_word(out, random, &LAST_NAMES))
            }
            Values::City => push_text(out, random, style, |out, random| push_word(out, random, &CITIES)),
            Values::Email => push_email(out, random, index),
            Values::Phone => push_phone(out, random),
            Values::Title => push_text(out, random, style, push_title),
            Values::Notes => push_text(out, random, style, push_notes),
        }
    }

    /// The length of the longest value (bytes of the field, quotes included).
    pub fn longest_bytes(self) -> usize {
        const DIGITS: usize = 10;
        match self {
            Values::Key | Values::KeyOfMany(_) | Values::Number(_) => DIGITS,
            Values::Flag => 1,
            Values::Amount(_) => 1 + DIGITS + 3,
            Values::Rating => 6,
            Values::Day => LONGEST_DAY,
            Values::Moment => LONGEST_MOMENT,
            Values::Uuid => 36,
            Values::OneOf(words) => words.iter().map(|word| word.len()).max().unwrap_or(0),
            Values::InstanceCode => 5,
            Values::FirstName => FIRST_NAMES.longest + QUOTED_BYTES,
            Values::LastName => LAST_NAMES.longest + QUOTED_BYTES,
            Values::City => CITIES.longest + QUOTED_BYTES,
            Values::Email => {
                let name = ascii::FIRST_NAMES.iter().map(|name| name.account.len()).max().unwrap_or(0);
                let domain = ascii::DOMAINS.map(str::len).into_iter().max().unwrap_or(0);
                name + 1 + DIGITS + 1 + domain
            }
            Values::Phone => PHONE_BLOCK_BYTES + 3,
            Values::Title => 2 * SUBJECTS.longest + 3 + QUOTED_BYTES,
            Values::Notes => {
                REMARKS.longest.max(LONGEST_FILLERS as usize * (FILLERS.longest + 1)) + QUOTED_BYTES
            }
        }
    }
}

/// Appends a text, in quotes if it needs them, and sometimes if not. A few texts are empty, or hold what only quotes allow.
#[inline]
fn push_text(
    out: &mut Vec<u8>,
    random: &mut Random,
    style: Style,
    content: impl Fn(&mut Vec<u8>, &mut Random),
) {
    match random.below(256) {
        0 => {}
        1 => out.extend_from_slice(b"``"),
        2 => out.extend_from_slice(b"`NULL`"),
        form @ 3..8 => {
            out.push(b'`');
            content(out, random);
            match form {
                3 => out.extend_from_slice(b"|\xdf"),
                4 => out.extend_from_slice(QUOTED),
                5 => {
                    out.extend_from_slice(style.line_end.as_bytes());
                    out.push(0xe9);
                }
                _ => {}
            }
            out.push(b'`');
        }
        _ => content(out, random),
    }
}

/// One of `choices`. The first ones are the most common, as with real names and words, which is why they compress well.
#[inline]
fn pick_common<'c, T>(random: &mut Random, choices: &'c [T]) -> &'c T {
    // Far fewer than 2^32.
    let limit = random.between(1, choices.len() as u32);
    &choices[random.below(limit) as usize]
}

#[inline]
fn push_key(out: &mut Vec<u8>, index: u64) {
    // Less than 2^31.
    push_number(out, (index % KEYS) as u32 + 1);
}

#[inline]
fn push_word(out: &mut Vec<u8>, random: &mut Random, words: &Words) {
    out.extend_from_slice(pick_common::<Vec<u8>>(random, &words.list));
}

fn push_title(out: &mut Vec<u8>, random: &mut Random) {
    push_word(out, random, &SUBJECTS);
    if random.once_in(2) {
        out.extend_from_slice(b" & ");
        push_word(out, random, &SUBJECTS);
    }
}

fn push_notes(out: &mut Vec<u8>, random: &mut Random) {
    if random.once_in(8) {
        return push_word(out, random, &REMARKS);
    }
    for number in 0..random.between(1, LONGEST_FILLERS) {
        if number > 0 {
            out.push(b' ');
        }
        push_word(out, random, &FILLERS);
    }
}

fn push_email(out: &mut Vec<u8>, random: &mut Random, index: u64) {
    out.extend_from_slice(pick_common(random, &ascii::FIRST_NAMES).account.as_bytes());
    out.push(b'.');
    push_key(out, index);
    out.push(b'@');
    out.extend_from_slice(random.pick(&ascii::DOMAINS).as_bytes());
}

/// `+49 30 23125 081`
fn push_phone(out: &mut Vec<u8>, random: &mut Random) {
    out.extend_from_slice(random.pick(&PHONE_BLOCKS).as_bytes());
    out.extend_from_slice(&three_digits(random.below(1000)));
}

fn push_amount(out: &mut Vec<u8>, random: &mut Random, last: u32) {
    if random.once_in(32) {
        out.push(b'-');
    }
    push_number(out, random.below(last));
    out.push(b'.');
    out.extend_from_slice(&two_digits(random.below(100)));
}

fn push_rating(out: &mut Vec<u8>, random: &mut Random) {
    match random.below(64) {
        0 => out.extend_from_slice(b"1e-5"),
        1 => out.extend_from_slice(b"1.0E+2"),
        2 => out.extend_from_slice(b".5"),
        3 => out.extend_from_slice(b"-0.25"),
        _ => {
            push_number(out, random.below(5));
            out.push(b'.');
            out.extend_from_slice(&two_digits(random.below(100)));
        }
    }
}

/// The digits of a number below 1000.
#[inline]
fn three_digits(number: u32) -> [u8; 3] {
    let [second, third] = two_digits(number);
    [b'0' + (number / 100) as u8, second, third]
}

#[inline]
fn push_moment(out: &mut Vec<u8>, random: &mut Random, index: u64, clock: Clock) {
    let day = index / ROWS_PER_DAY + u64::from(random.below(DAYS_APART));
    out.extend_from_slice(DAYS[(day % DAYS.len() as u64) as usize].text(clock));
    let minute = if random.once_in(4) { 0 } else { random.below(MINUTES_PER_DAY / 5) * 5 };
    if clock == Clock::Month {
        return out.extend_from_slice(&MINUTES[minute as usize]);
    }
    // Most times are whole minutes.
    let (second, millisecond) =
        if random.once_in(8) { (random.below(60), random.below(1000)) } else { (0, 0) };
    let [[h1, h2], [m1, m2], [s1, s2]] = [minute / 60, minute % 60, second].map(two_digits);
    out.extend_from_slice(&[b' ', h1, h2, b':', m1, m2, b':', s1, s2]);
    if clock == Clock::Iso {
        out.push(b'.');
        out.extend_from_slice(&three_digits(millisecond));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_have_one_length() {
        assert!(PHONE_BLOCKS.iter().all(|block| block.len() == PHONE_BLOCK_BYTES));
    }
}
