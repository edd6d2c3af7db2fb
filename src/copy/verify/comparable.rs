//! The form in which a value is compared: the same for the field that was sent and the field that the server gives back.
//!
//! A receive function rounds to the scale of a `numeric(p,s)` and to the digits of a `timestamp(p)`, as the input function
//! does, and `char(n)` is padded. So both sides are rounded, and cut behind the last character that is not a blank. The
//! values that the server holds are rounded already and do not change.

use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Decimals in a digit of a `numeric`, and one more than the largest digit.
const DECIMALS: i32 = 4;
const BASE: u16 = 10_000;
/// The places in a `numeric` field of its number of decimals behind the point, and of its digits.
const SCALE: std::ops::Range<usize> = 6..8;
const DIGITS: usize = 8;
/// The sign field of a number below zero.
const NEGATIVE: u16 = 0x4000;
/// Digits behind the point with which the server keeps seconds.
const MOST_SECOND_DIGITS: u32 = 6;

/// How the values of one column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparable {
    /// Byte by byte.
    AsItStands,
    /// Without blanks at the end, which mean nothing in a `char(n)`.
    Padded,
    /// A number that is rounded to so many decimals behind the point.
    Numeric(i32),
    /// A field that begins with microseconds, rounded to multiples of this number.
    Micros(i64),
}

impl Comparable {
    /// The form for a type, as the server spells it (`format_type`).
    pub fn for_type(type_name: &str) -> Comparable {
        let (name, rest) = type_name.split_once('(').unwrap_or((type_name, ""));
        let (modifier, behind) = rest.split_once(')').unwrap_or_default();
        let last_number = modifier.split(',').next_back().and_then(|number| number.trim().parse().ok());
        match (name, last_number) {
            _ if behind.starts_with('[') => Comparable::AsItStands,
            ("character", _) => Comparable::Padded,
            ("numeric", Some(scale)) => Comparable::Numeric(scale),
            ("time" | "timestamp" | "interval", Some(digits)) => {
                let digits = u32::try_from(digits).unwrap_or(0).min(MOST_SECOND_DIGITS);
                Comparable::Micros(10_i64.pow(MOST_SECOND_DIGITS - digits))
            }
            _ => Comparable::AsItStands,
        }
    }

    /// A number that is the same for equal values, and different for others.
    #[inline]
    pub fn hash(self, field: &[u8], state: &RandomState) -> u64 {
        let mut hasher = state.build_hasher();
        match (self, field.split_first_chunk(), field.split_at_checked(DIGITS)) {
            (Comparable::Micros(unit), Some((micros, rest)), _) => {
                hasher.write_i64(rounded(i64::from_be_bytes(*micros), unit));
                hasher.write(rest);
            }
            (Comparable::Numeric(scale), _, Some((header, digits))) => match round_numeric(field, scale) {
                Some((header, digits)) => {
                    hasher.write(&header);
                    hasher.write(&digits);
                }
                None => {
                    hasher.write(&header[..SCALE.start]);
                    hasher.write(digits);
                }
            },
            (Comparable::Padded, ..) => hasher.write(without_blanks(field)),
            _ => hasher.write(field),
        }
        hasher.finish()
    }
}

fn without_blanks(field: &[u8]) -> &[u8] {
    let blanks = field.iter().rev().take_while(|byte| **byte == b' ').count();
    &field[..field.len() - blanks]
}

/// Half a unit is rounded away from zero (`AdjustTimestampForTypmod` in the server's `timestamp.c`); infinity stays.
fn rounded(micros: i64, unit: i64) -> i64 {
    if [i64::MIN, i64::MAX].contains(&micros) {
        return micros;
    }
    let half = unit / 2 * micros.signum();
    micros.saturating_add(half) / unit * unit
}

/// The content of a `numeric` field before and behind its scale, rounded to `scale` decimals behind the point, half of the
/// last one away from zero (`round_var` in the server's `numeric.c`); `None` if it needs no rounding.
fn round_numeric(field: &[u8], scale: i32) -> Option<([u8; SCALE.start], Vec<u8>)> {
    let mut numbers = field.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let [_, weight, sign, own_scale] = [numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?];
    let is_number = [0, NEGATIVE].contains(&sign);
    if !is_number || i32::from(own_scale) <= scale {
        return None;
    }
    let mut digits: Vec<u16> = numbers.collect();
    let mut weight = i32::from(weight as i16);
    let kept_decimals = (weight + 1) * DECIMALS + scale;
    if kept_decimals < digits.len() as i32 * DECIMALS {
        weight += i32::from(keep_decimals(&mut digits, kept_decimals));
    }
    while digits.last() == Some(&0) {
        digits.pop();
    }
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    digits.drain(..zeros);
    weight -= zeros as i32;
    let (weight, sign) = if digits.is_empty() { (0, 0) } else { (weight as i16 as u16, sign) };
    let mut header = [0; SCALE.start];
    for (place, number) in header.chunks_exact_mut(2).zip([digits.len() as u16, weight, sign]) {
        place.copy_from_slice(&number.to_be_bytes());
    }
    Some((header, digits.iter().flat_map(|digit| digit.to_be_bytes()).collect()))
}

/// Rounds to the first so many decimals, which are fewer than the number has; true if the number has become one digit longer.
fn keep_decimals(digits: &mut Vec<u16>, decimals: i32) -> bool {
    let Ok(decimals) = usize::try_from(decimals) else {
        digits.clear();
        return false;
    };
    let (whole, part) = (decimals / DECIMALS as usize, (decimals % DECIMALS as usize) as u32);
    // The value of the last kept decimal within its digit.
    let unit = BASE / 10_u16.pow(part);
    let cut = digits[whole];
    let (kept, up) = (cut / unit * unit, cut % unit >= unit / 2);
    // A digit without a kept decimal passes its carry on to the digit before it.
    digits.truncate(whole);
    let mut carry = match (part, up) {
        (0, up) => u16::from(up),
        (_, up) => {
            digits.push(kept);
            if up { unit } else { 0 }
        }
    };
    for digit in digits.iter_mut().rev() {
        *digit += carry;
        carry = u16::from(*digit >= BASE);
        *digit -= carry * BASE;
    }
    if carry > 0 {
        digits.insert(0, carry);
    }
    carry > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::types::numeric::push_numeric;

    fn field(number: &str) -> Vec<u8> {
        let mut out = Vec::new();
        assert!(push_numeric(&mut out, number.as_bytes()), "{number}");
        out.split_off(4)
    }

    #[test]
    fn types_have_their_forms() {
        for (type_name, form) in [
            ("integer", Comparable::AsItStands),
            ("character varying(5)", Comparable::AsItStands),
            ("character(5)", Comparable::Padded),
            ("numeric", Comparable::AsItStands),
            ("numeric(10,2)", Comparable::Numeric(2)),
            ("numeric(3,-2)", Comparable::Numeric(-2)),
            ("numeric(10,2)[]", Comparable::AsItStands),
            ("timestamp(3) without time zone", Comparable::Micros(1000)),
            ("timestamp without time zone", Comparable::AsItStands),
            ("time(0) with time zone", Comparable::Micros(1_000_000)),
            ("interval(6)", Comparable::Micros(1)),
        ] {
            assert_eq!(Comparable::for_type(type_name), form, "{type_name}");
        }
    }

    #[test]
    fn numbers_are_rounded_as_the_server_does() {
        let state = RandomState::default();
        for (scale, number, rounded) in [
            (2, "1.005", "1.01"),
            (2, "-1.005", "-1.01"),
            (2, "1.0049999", "1"),
            (2, "99999999.995", "100000000"),
            (2, "0.004", "0"),
            (2, "-0.004", "0"),
            (2, "0.995", "1"),
            (2, "1.5", "1.50"),
            (4, "1.00005", "1.0001"),
            (4, "9999.99995", "10000"),
            (4, "0.000049999", "0"),
            (4, "0.00005", "0.0001"),
            (8, "0.000000005", "0.00000001"),
            (0, "9999.5", "10000"),
            (0, "0.5", "1"),
            (0, "0.4999", "0"),
            (10, "12345.12345678905", "12345.1234567891"),
        ] {
            let form = Comparable::Numeric(scale);
            assert_eq!(form.hash(&field(number), &state), form.hash(&field(rounded), &state), "{number}");
            assert_ne!(form.hash(&field(number), &state), form.hash(&field("7"), &state), "{number}");
        }
    }

    #[test]
    fn microseconds_are_rounded_away_from_zero() {
        for (unit, micros, expected) in [
            (1000, 1499, 1000),
            (1000, 1500, 2000),
            (1000, -1500, -2000),
            (1000, -1499, -1000),
            (1, 1499, 1499),
            (1_000_000, i64::MAX, i64::MAX),
            (1_000_000, i64::MIN, i64::MIN),
        ] {
            assert_eq!(rounded(micros, unit), expected, "{micros}");
        }
    }

    #[test]
    fn only_blanks_at_the_end_of_a_padded_value_mean_nothing() {
        let state = RandomState::default();
        let hash = |form: Comparable, value: &str| form.hash(value.as_bytes(), &state);
        assert_eq!(hash(Comparable::Padded, "a"), hash(Comparable::Padded, "a   "));
        assert_ne!(hash(Comparable::Padded, "a"), hash(Comparable::Padded, " a"));
        assert_ne!(hash(Comparable::AsItStands, "a"), hash(Comparable::AsItStands, "a "));
    }
}
