//! How the keys of two tables are divided into parts that are compared one by one.

use crate::Result;
use crate::pg::ident::{literal, quote};
use crate::sync::ranges;
use crate::sync::table::pair::Pair;
use crate::sync::table::same;
use postgres::Client;

/// The most parts: enough that each is small, few enough that the server finds the part of each row fast. It is a power of two.
const PARTS: u64 = 1024;
/// The least rows of a part.
const LEAST_ROWS: u64 = 1000;
/// Parts by hash are fetched together, since each fetch reads the whole table: as many as have so many rows.
const FETCHED_ROWS: u64 = 500_000;

/// How the keys are divided.
pub enum Cut {
    /// At these values of the key's first column.
    Ranges(Vec<String>),
    /// By hash, into so many parts.
    Hash(u64),
}

impl Cut {
    pub fn of(source: &mut Client, pair: &Pair) -> Result<Cut> {
        let wanted = (pair.source.rows / LEAST_ROWS).clamp(1, PARTS);
        // Texts in other encodings are in another order, too.
        let in_order = pair.key_columns().next().is_some_and(|first| first.ordered) && !pair.any_encoding;
        match in_order {
            true => Ok(Cut::Ranges(ranges::bounds(source, pair, wanted as usize)?)),
            false => Ok(Cut::Hash(wanted.next_power_of_two())),
        }
    }

    pub fn parts(&self) -> usize {
        match self {
            Cut::Ranges(bounds) => bounds.len() + 1,
            Cut::Hash(parts) => *parts as usize,
        }
    }

    /// The number of a row's part, as SQL.
    pub fn expression(&self, pair: &Pair) -> String {
        match (self, pair.key_columns().next()) {
            (Cut::Ranges(bounds), Some(column)) if !bounds.is_empty() => {
                let values: Vec<String> = bounds.iter().map(|bound| literal(bound)).collect();
                let (name, values) = (quote(&column.name), values.join(","));
                // Bucket 0 of width_bucket is below the first bound.
                format!("width_bucket({name}, ARRAY[{values}]::{}[])", column.type_name)
            }
            (Cut::Hash(parts), _) if *parts > 1 => {
                format!("({} & {})::int", same::hash(pair.key_columns(), pair.any_encoding), parts - 1)
            }
            _ => "0".to_owned(),
        }
    }

    /// The condition of the rows in these parts.
    pub fn condition(&self, pair: &Pair, parts: &[i32]) -> String {
        match (self, parts) {
            (Cut::Ranges(bounds), [part]) => {
                let bound = |place: i32| usize::try_from(place).ok().and_then(|place| bounds.get(place));
                let (low, high) = (bound(part - 1), bound(*part));
                ranges::condition(pair, low.map(String::as_str), high.map(String::as_str))
            }
            _ => {
                let parts: Vec<String> = parts.iter().map(i32::to_string).collect();
                format!("{} IN ({})", self.expression(pair), parts.join(","))
            }
        }
    }

    /// The parts that are fetched together.
    pub fn fetches<'p>(&self, parts: &'p [i32], rows: impl Fn(&i32) -> u64) -> Vec<&'p [i32]> {
        if let Cut::Ranges(_) = self {
            return parts.chunks(1).collect();
        }
        let (mut fetches, mut begin, mut sum) = (Vec::new(), 0, 0);
        for (place, part) in parts.iter().enumerate() {
            sum += rows(part);
            if sum >= FETCHED_ROWS {
                fetches.push(&parts[begin..=place]);
                (begin, sum) = (place + 1, 0);
            }
        }
        if begin < parts.len() {
            fetches.push(&parts[begin..]);
        }
        fetches
    }

    pub fn words(&self, part: i32) -> String {
        match self {
            Cut::Ranges(bounds) => {
                let bound = |place: i32| usize::try_from(place).ok().and_then(|place| bounds.get(place));
                let word = |place: i32| bound(place).map_or("…", String::as_str);
                format!("keys from {} to before {}", word(part - 1), word(part))
            }
            Cut::Hash(parts) => format!("keys in part {} of {parts}, by hash", part + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_by_hash_are_fetched_together_until_they_have_many_rows() {
        let parts = [1, 4, 7, 9];
        let fetches = |cut: Cut, rows: u64| {
            cut.fetches(&parts, |_| rows).into_iter().map(<[i32]>::len).collect::<Vec<_>>()
        };
        assert_eq!(fetches(Cut::Hash(16), 10), [4]);
        assert_eq!(fetches(Cut::Hash(16), FETCHED_ROWS / 2), [2, 2]);
        assert_eq!(fetches(Cut::Hash(16), FETCHED_ROWS), [1, 1, 1, 1]);
        assert_eq!(fetches(Cut::Ranges(Vec::new()), 1), [1, 1, 1, 1]);
    }
}
