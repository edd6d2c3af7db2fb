//! What fields hold. A value is appended to the row without formatting machinery and without allocation.

use super::moments::{Clock, DAYS, LONGEST_DAY, LONGEST_MOMENT, MINUTES, MINUTES_PER_DAY, two_digits};
use super::words::{CITIES, FILLERS, FIRST_NAMES, LAST_NAMES, REMARKS, SUBJECTS, Words};
use crate::generate::random::Random;
use crate::generate::text::{push_number, push_uuid};
use crate::generate::users::words as ascii;

/// The values of a column.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// 1, 2, 3 and so on; from the beginning again when an int can hold no more.
    Key,
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
    /// Days with a time.
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

/// How a version writes its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// How days and times are written.
    pub clock: Clock,
    /// Line end of rows, and of those in quotes.
    pub line_end: &'static str,
}

/// After so many rows keys begin again: the largest int.
const KEYS: u64 = i32::MAX as u64;
/// What [`push_text`] adds at most to what it is given (bytes of the field).
const QUOTED_BYTES: usize = 2 + QUOTED.len();
/// A doubled quote before and after a word.
const QUOTED: &[u8] = b" ``Zo\xeb``";
const INSTANCES: [&str; 12] = ["ES", "DE", "SE", "IN", "GB", "US", "FR", "PL", "IS", "DK", "PT", "NL"];
const LONGEST_FILLERS: u32 = 3;

impl Values {
    /// Appends the value of record `index`.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>, random: &mut Random, index: u64, style: Style) {
        match self {
            // Less than 2^31.
            Values::Key => push_number(out, (index % KEYS) as u32 + 1),
            Values::Number(last) => push_number(out, random.between(1, last)),
            Values::Flag => out.push(b'0' + u8::from(random.below(4) > 0)),
            Values::Amount(last) => push_amount(out, random, last),
            Values::Rating => push_rating(out, random),
            Values::Day => out.extend_from_slice(random.pick(&DAYS).text(style.clock)),
            Values::Moment => push_moment(out, random, style.clock),
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
            Values::Email => push_email(out, random),
            Values::Phone => push_phone(out, random),
            Values::Title => push_text(out, random, style, push_title),
            Values::Notes => push_text(out, random, style, push_notes),
        }
    }

    /// The length of the longest value (bytes of the field, quotes included).
    pub fn longest_bytes(self) -> usize {
        const DIGITS: usize = 10;
        match self {
            Values::Key | Values::Number(_) => DIGITS,
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
                let longest =
                    |names: &[ascii::Name]| names.iter().map(|name| name.account.len()).max().unwrap_or(0);
                let domain = ascii::DOMAINS.map(str::len).into_iter().max().unwrap_or(0);
                longest(&ascii::FIRST_NAMES) + 1 + longest(&ascii::LAST_NAMES) + 4 + 1 + domain
            }
            Values::Phone => 15,
            Values::Title => 2 * SUBJECTS.longest + 3 + QUOTED_BYTES,
            Values::Notes => {
                REMARKS.longest.max(LONGEST_FILLERS as usize * (FILLERS.longest + 1)) + QUOTED_BYTES
            }
        }
    }
}

/// Appends a text that stands in quotes where it needs them, and sometimes where it does not; a few are empty, or hold
/// what only quotes allow.
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

#[inline]
fn push_word(out: &mut Vec<u8>, random: &mut Random, words: &Words) {
    out.extend_from_slice(random.pick::<Vec<u8>>(&words.list));
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

fn push_email(out: &mut Vec<u8>, random: &mut Random) {
    out.extend_from_slice(random.pick(&ascii::FIRST_NAMES).account.as_bytes());
    out.push(b'.');
    out.extend_from_slice(random.pick(&ascii::LAST_NAMES).account.as_bytes());
    push_number(out, random.between(1, 9999));
    out.push(b'@');
    out.extend_from_slice(random.pick(&ascii::DOMAINS).as_bytes());
}

/// `+49 551 0123456`
fn push_phone(out: &mut Vec<u8>, random: &mut Random) {
    let mut text = *b"+00 000 0000000";
    // Eleven digits of 64 random bits: their bias is far below what could be counted.
    let mut rest = random.bits();
    for place in text.iter_mut().filter(|byte| **byte == b'0') {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&text);
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

#[inline]
fn push_moment(out: &mut Vec<u8>, random: &mut Random, clock: Clock) {
    out.extend_from_slice(random.pick(&DAYS).text(clock));
    if clock == Clock::Month {
        return out.extend_from_slice(random.pick::<[u8; 9]>(&MINUTES));
    }
    let minute = random.below(MINUTES_PER_DAY);
    let [[h1, h2], [m1, m2], [s1, s2]] = [minute / 60, minute % 60, random.below(60)].map(two_digits);
    out.extend_from_slice(&[b' ', h1, h2, b':', m1, m2, b':', s1, s2]);
    if clock == Clock::Iso {
        let milliseconds = random.below(1000);
        let [ms2, ms3] = two_digits(milliseconds);
        out.extend_from_slice(&[b'.', b'0' + (milliseconds / 100) as u8, ms2, ms3]);
    }
}
