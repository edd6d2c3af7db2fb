//! A column of the rows that are made: where its values come from.

use crate::generate::like::value::form::Form;
use crate::generate::random::{Random, Seed};

/// What a column's values are drawn from.
#[derive(Debug)]
pub struct ColumnPlan {
    /// The column's own random numbers.
    pub seed: Seed,
    /// The number of NULLs in 2^32 values.
    pub nulls: u32,
    /// How positions are chosen.
    pub pick: Pick,
    /// How positions are written.
    pub form: Form,
    /// Common values, each with the sum of its share of 2^32 values and the shares of those before it.
    pub common: Vec<(u32, String)>,
}

/// How the position of a value is chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// Always NULL.
    Null,
    /// One of so many positions from the first on, at equal distances.
    Uniform(Steps),
    /// Each row has the next position, so that all differ.
    Key(Steps),
    /// A digit of the row's number in a key of several columns, so that all keys differ.
    Digit(Digit, Steps),
    /// A column of the row that a foreign key refers to: the foreign key's number, and the column's in it.
    Reference(usize, usize),
    /// Above the position of another column, by at most so much.
    Above(usize, u64),
}

/// Positions at equal distances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// The first position.
    pub first: i64,
    /// From one position to the next.
    pub step: u64,
    /// The number of positions.
    pub count: u64,
}

/// One digit of the numbers from 0 to `all` - 1, which are gone through in an order that looks like none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digit {
    /// The number of all keys.
    pub all: u64,
    /// From the key of a row to that of the next one; it has no factor in common with `all`.
    pub stride: u64,
    /// The product of the choices of the digits before this one.
    pub weight: u64,
    /// The choices of this digit.
    pub choices: u64,
    /// The first row that is counted.
    pub base: u64,
}

impl Steps {
    /// As many positions as there are from `first` to `last`, but at most `most`.
    pub fn within(first: i64, last: i64, most: u64) -> Steps {
        let span = (i128::from(last) - i128::from(first)) as u128;
        let most = u128::from(most.max(1));
        let count = most.min(span + 1);
        // The last position is reached.
        let step = if count > 1 { span / (count - 1) } else { 1 };
        let step = u64::try_from(step).unwrap_or(u64::MAX);
        Steps { first, step, count: u64::try_from(count).unwrap_or(u64::MAX) }
    }

    /// Position `number`, counted from 0.
    #[inline]
    pub fn position(self, number: u64) -> i64 {
        // The sum is at most the last position.
        self.first.wrapping_add(number.wrapping_mul(self.step) as i64)
    }
}

impl Digit {
    /// The digit of a row.
    #[inline]
    pub fn of(self, row: u64) -> u64 {
        let row = row.saturating_sub(self.base);
        let key = u128::from(row) * u128::from(self.stride) % u128::from(self.all);
        key as u64 / self.weight % self.choices
    }
}

/// Whether a row has NULL, by a share of 2^32. A number is only drawn where some rows have.
#[inline]
pub fn is_null(nulls: u32, random: &mut Random) -> bool {
    nulls > 0 && random.bits() as u32 <= nulls
}

impl ColumnPlan {
    /// The random numbers of a row, unless its value is NULL.
    #[inline]
    pub fn random(&self, row: u64) -> Option<Random> {
        let mut random = self.seed.record(row);
        (!is_null(self.nulls, &mut random)).then_some(random)
    }

    /// The common value of a row, if it has one.
    #[inline]
    pub fn common(&self, random: &mut Random) -> Option<&str> {
        if self.common.is_empty() {
            return None;
        }
        let drawn = random.bits() as u32;
        let at = self.common.partition_point(|(up_to, _)| *up_to <= drawn);
        self.common.get(at).map(|(_, value)| value.as_str())
    }
}

/// A number from 0 up to, but without, `limit`; all are as likely.
#[inline]
pub fn below(random: &mut Random, limit: u64) -> u64 {
    ((u128::from(random.bits()) * u128::from(limit)) >> 64) as u64
}

/// A share from 0 to 1 as a number of 2^32.
pub fn share(share: f64) -> u32 {
    // A float cannot exceed the limits of what it is cast to.
    (share.clamp(0.0, 1.0) * f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn steps_stay_within_their_bounds() {
        for (first, last, most) in
            [(0, 9, 4), (-5, 5, 100), (7, 7, 3), (i64::MIN, i64::MAX - 1, u64::MAX), (1, 1_000_000, 3)]
        {
            let steps = Steps::within(first, last, most);
            assert!(steps.count >= 1 && steps.count <= most, "{steps:?}");
            assert_eq!(steps.position(0), first);
            assert!((first..=last).contains(&steps.position(steps.count - 1)), "{steps:?}");
        }
        assert_eq!(Steps::within(0, 10, 3), Steps { first: 0, step: 5, count: 3 });
    }

    #[test]
    fn digits_of_all_rows_are_all_keys() {
        let digit = |weight, choices| Digit { all: 15, stride: 7, weight, choices, base: 0 };
        let keys: HashSet<(u64, u64)> =
            (0..15).map(|row| (digit(1, 3).of(row), digit(3, 5).of(row))).collect();
        assert_eq!(keys.len(), 15);
    }
}
