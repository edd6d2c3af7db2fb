//! Compares both tables, by parts. Both sides count and hash the rows of each part; the order of the rows does not matter. Keys are
//! fetched only from parts that differ.
//!
//! The parts are ranges of keys where every server orders the keys alike, so that an index finds the rows of one. Other keys are
//! spread by the hash of their text.

mod cut;
mod sums;

pub use sums::{Compared, Key, Total, Totals, total_of_destination, totals};

use super::session::Session;
use super::side::of_source;
use crate::Result;
use crate::report::timeline::{self, Step};
use crate::run::{interrupt, workers};
use cut::Cut;
use std::collections::HashMap;
use sums::{Side, Sums};

/// A part of the keys in which the tables differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part, in words.
    pub part: String,
    /// Keys that only the source has.
    pub missing: Vec<Key>,
    /// Keys that only the destination has.
    pub gone: Vec<Key>,
    /// Keys of rows that differ.
    pub different: Vec<Key>,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Rows of the source.
    pub rows: u64,
    /// Rows of the destination that count.
    pub rows_there: u64,
    /// Parts that were compared.
    pub parts: usize,
    /// The parts that differ.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// That of tables whose keys are not known.
    pub fn of_totals(ours: &Total, theirs: &Total) -> Comparison {
        let difference = || Difference {
            part: format!("all rows: {} at the source, {} at the destination", ours.rows, theirs.rows),
            missing: Vec::new(),
            gone: Vec::new(),
            different: Vec::new(),
        };
        let differences = if ours == theirs { Vec::new() } else { vec![difference()] };
        Comparison { rows: ours.rows, rows_there: theirs.rows, parts: 1, differences }
    }

    /// The keys of one kind.
    pub fn keys(&self, of: fn(&Difference) -> &Vec<Key>) -> Vec<Key> {
        self.differences.iter().flat_map(of).cloned().collect()
    }
}

/// Compares both tables. The source is seen by the transaction that is open on its connection.
///
/// # Errors
/// What a server reports; Ctrl-C.
pub fn compare(session: &mut Session<'_>, compared: Compared) -> Result<Comparison> {
    let table = session.pair.table.name().to_owned();
    timeline::during(Step::Verify, &table, || compare_parts(session, compared))
}

fn compare_parts(session: &mut Session<'_>, compared: Compared) -> Result<Comparison> {
    let Session { pair, source, destination, .. } = session;
    let source = source.client();
    let cut = Cut::of(source, pair).map_err(of_source)?;
    let (at_source, at_destination) = (Side::source(pair), Side::destination(pair));
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| at_destination.sums(destination, pair, &cut, compared));
        let ours = at_source.sums(source, pair, &cut, compared);
        (ours, workers::joined(theirs))
    });
    let (ours, theirs) = (ours.map_err(of_source)?, theirs?);
    let rows = |sums: &Sums| sums.values().map(|(rows, _)| rows.unsigned_abs()).sum();
    let mut comparison = Comparison {
        rows: rows(&ours),
        rows_there: rows(&theirs),
        parts: cut.parts(),
        differences: Vec::new(),
    };
    let differ: Vec<i32> = (0..i32::try_from(cut.parts()).unwrap_or(i32::MAX))
        .filter(|part| ours.get(part) != theirs.get(part))
        .collect();
    let rows_of = |part: &i32| {
        [&ours, &theirs].iter().filter_map(|sums| sums.get(part)).map(|(rows, _)| rows.unsigned_abs()).sum()
    };
    for parts in cut.fetches(&differ, rows_of) {
        interrupt::check()?;
        let mut source_rows = at_source.hashes(source, pair, &cut, parts, compared).map_err(of_source)?;
        let mut destination_rows = at_destination.hashes(destination, pair, &cut, parts, compared)?;
        for part in parts {
            let here = source_rows.remove(part).unwrap_or_default();
            let there = destination_rows.remove(part).unwrap_or_default();
            comparison.differences.extend(difference(cut.words(*part), here, there));
        }
    }
    Ok(comparison)
}

/// The difference in a part; none if the destination has changed since it was summed up and is the same now.
fn difference(
    part: String,
    source: HashMap<Key, i64>,
    mut destination: HashMap<Key, i64>,
) -> Option<Difference> {
    let (mut missing, mut different) = (Vec::new(), Vec::new());
    for (key, hash) in source {
        match destination.remove(&key) {
            None => missing.push(key),
            Some(there) if there != hash => different.push(key),
            Some(_) => {}
        }
    }
    let mut gone: Vec<Key> = destination.into_keys().collect();
    for keys in [&mut missing, &mut different, &mut gone] {
        keys.sort();
    }
    let is_same = missing.is_empty() && different.is_empty() && gone.is_empty();
    (!is_same).then_some(Difference { part, missing, gone, different })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_by_what_is_wrong_with_them() {
        let rows = |rows: &[(&str, i64)]| -> HashMap<Key, i64> {
            rows.iter().map(|(key, hash)| (vec![(*key).to_owned()], *hash)).collect()
        };
        let found = difference(
            "keys".to_owned(),
            rows(&[("1", 1), ("2", 2), ("3", 3)]),
            rows(&[("1", 1), ("2", 7), ("4", 4)]),
        )
        .unwrap();
        let key = |key: &str| vec![vec![key.to_owned()]];
        assert_eq!((found.missing, found.different, found.gone), (key("3"), key("2"), key("4")));
        assert_eq!(difference(String::new(), rows(&[("1", 1)]), rows(&[("1", 1)])), None);
    }
}
