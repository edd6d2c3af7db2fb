//! The values of fields. Each is appended to the row without formatting machinery and without allocation.

use super::countries::LONGEST;
use super::facts::{Facts, Step, pick_common};
use super::moments::{Clock, DAYS, LONGEST_DAY, LONGEST_MOMENT, MINUTES};
use super::words::{FILLERS, REMARKS, SUBJECTS, Words};
use crate::generate::random::Random;
use crate::generate::text::{push_number, push_uuid, two_digits};
use crate::generate::users::fields::Filled;
use crate::generate::users::words::DOMAINS;

/// The values of a column.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// 1, 2, 3 and so on; after the largest int, from 1 again.
    Key,
    /// As [`Values::Key`], with each number so many times.
    KeyOfMany(u32),
    /// The key of a course that is assigned.
    Course,
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
    /// The day of a step.
    DayOf(Step),
    /// Day and time of a step; the days move on from row to row.
    Moment(Step),
    /// How far an assignment has come.
    Status,
    /// UUIDs.
    Uuid,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Where a user is served: `ES-01`.
    InstanceCode,
    /// The person's country: `ES`.
    CountryCode,
    /// The person's first name.
    FirstName,
    /// The person's last name.
    LastName,
    /// Cities of the country.
    City,
    /// Addresses at domains that receive no mail.
    Email,
    /// Telephone numbers of the country.
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
const LONGEST_FILLERS: u32 = 6;
impl Values {
    /// Appends the value of a row.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>, random: &mut Random, facts: &Facts, style: Style) {
        match self {
            Values::Key => push_key(out, facts.index),
            Values::KeyOfMany(times) => push_key(out, facts.index / u64::from(times)),
            Values::Course => push_key(out, facts.course(random)),
            Values::Number(last) => push_number(out, random.between(1, last)),
            Values::Flag => out.push(b'0' + u8::from(random.below(4) > 0)),
            Values::Amount(last) => push_amount(out, random, last),
            Values::Rating => push_rating(out, random),
            Values::Day => {
                let day = random.below(DAYS.len() as u32);
                out.extend_from_slice(DAYS[day as usize].text(style.clock));
            }
            Values::DayOf(step) => out.extend_from_slice(DAYS[facts.time(step).0].text(style.clock)),
            Values::Moment(step) => push_moment(out, random, facts.time(step), style.clock),
            Values::Status => out.extend_from_slice(facts.status.text().as_bytes()),
            Values::Uuid => push_uuid(out, &random.bytes()),
            Values::OneOf(words) => out.extend_from_slice(random.pick(words).as_bytes()),
            Values::InstanceCode => {
                out.extend_from_slice(facts.country.code.as_bytes());
                out.push(b'-');
                out.extend_from_slice(&two_digits(random.between(1, 20)));
            }
            Values::CountryCode => out.extend_from_slice(facts.country.code.as_bytes()),
            Values::FirstName => push_fixed(out, random, style, &facts.first_name.text),
            Values::LastName => push_fixed(out, random, style, &facts.last_name.text),
            Values::City => push_text(out, random, style, |out, random| {
                out.extend_from_slice(pick_common::<Vec<u8>>(random, &facts.country.cities));
            }),
            Values::Email => push_email(out, random, facts),
            Values::Phone => {
                let form = random.pick(facts.country.phones);
                out.extend_from_slice(Filled::new(form, "", random).bytes());
            }
            Values::Title => push_text(out, random, style, push_title),
            Values::Notes => push_text(out, random, style, push_notes),
        }
    }

    /// Whether the row has no such value.
    #[inline]
    pub fn is_missing(self, facts: &Facts) -> bool {
        match self {
            Values::Moment(step) | Values::DayOf(step) => facts.lacks(step),
            Values::Phone => facts.country.phones.is_empty(),
            _ => false,
        }
    }

    /// The length of the longest value (bytes of the field, quotes included).
    pub fn longest_bytes(self) -> usize {
        const DIGITS: usize = 10;
        match self {
            Values::Key | Values::KeyOfMany(_) | Values::Course | Values::Number(_) => DIGITS,
            Values::Flag => 1,
            Values::Amount(_) => 1 + DIGITS + 3,
            Values::Rating => 6,
            Values::Day | Values::DayOf(_) => LONGEST_DAY,
            Values::Moment(_) => LONGEST_MOMENT,
            Values::Status => 11,
            Values::Uuid => 36,
            Values::OneOf(words) => words.iter().map(|word| word.len()).max().unwrap_or(0),
            Values::InstanceCode => 5,
            Values::CountryCode => 2,
            Values::FirstName => LONGEST.first_name + QUOTED_BYTES,
            Values::LastName => LONGEST.last_name + QUOTED_BYTES,
            Values::City => LONGEST.city + QUOTED_BYTES,
            Values::Email => {
                let domain = DOMAINS.map(str::len).into_iter().max().unwrap_or(0);
                LONGEST.account + 1 + DIGITS + 1 + domain
            }
            Values::Phone => Filled::LONGEST,
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

/// As [`push_text`], of a text that is there.
#[inline]
fn push_fixed(out: &mut Vec<u8>, random: &mut Random, style: Style, text: &[u8]) {
    push_text(out, random, style, |out, _| out.extend_from_slice(text));
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

fn push_email(out: &mut Vec<u8>, random: &mut Random, facts: &Facts) {
    out.extend_from_slice(facts.first_name.account.as_bytes());
    out.push(b'.');
    push_key(out, facts.index);
    out.push(b'@');
    out.extend_from_slice(random.pick(&DOMAINS).as_bytes());
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
fn push_moment(out: &mut Vec<u8>, random: &mut Random, (day, minute): (usize, u32), clock: Clock) {
    out.extend_from_slice(DAYS[day].text(clock));
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
