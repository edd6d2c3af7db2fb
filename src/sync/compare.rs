//! Compares both tables, by parts. Both sides count and hash the rows of each part; the order of the rows does not matter. Keys are
//! fetched only from parts that differ.
//!
//! The parts are ranges of keys where every server orders the keys alike, so that an index finds the rows of one. Other keys are
//! spread by the hash of their text.

use super::ranges;
use super::session::Session;
use super::side::of_source;
use super::table::pair::Pair;
use super::table::same;
use crate::Result;
use crate::pg::ident::{literal, quote};
use crate::run::{interrupt, workers};
use postgres::Client;
use std::collections::{BTreeMap, HashMap};

/// The most parts: enough that each is small, few enough that the server finds the part of each row fast. It is a power of two.
const PARTS: u64 = 1024;
/// The least rows of a part.
const LEAST_ROWS: u64 = 1000;
/// Parts by hash are fetched together, since each fetch reads the whole table: as many as have so many rows.
const FETCHED_ROWS: u64 = 500_000;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Whole rows.
    Rows,
    /// Keys alone.
    Keys,
}

/// The values of a row's key, as texts.
pub type Key = Vec<String>;

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

/// How the keys are divided.
enum Cut {
    /// At these values of the key's first column.
    Ranges(Vec<String>),
    /// By hash, into so many parts.
    Hash(u64),
}

/// For each part with rows: their number and the sum of their hashes.
type Sums = BTreeMap<i32, (i64, String)>;
/// For each part, the hash of each row.
type Hashes = HashMap<i32, HashMap<Key, i64>>;

/// What a table holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Its rows.
    pub rows: u64,
    /// The sum of their hashes.
    pub sum: String,
}

/// What both tables hold.
#[derive(Debug)]
pub struct Totals {
    /// The source's.
    pub ours: Total,
    /// The destination's.
    pub theirs: Total,
}

/// Sums up both tables, without a key. The source is seen by the transaction that is open on its connection.
///
/// # Errors
/// What a server reports.
pub fn totals(session: &mut Session<'_>) -> Result<Totals> {
    let Session { pair, source, destination, .. } = session;
    let (source, cut) = (source.client(), Cut::Hash(1));
    let (at_source, at_destination) = (Side::source(pair), Side::destination(pair));
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| at_destination.sums(destination, pair, &cut, Compared::Rows));
        let ours = at_source.sums(source, pair, &cut, Compared::Rows);
        (ours.map_err(of_source), workers::joined(theirs))
    });
    let total = |sums: Sums| {
        sums.into_values()
            .next()
            .map(|(rows, sum)| Total { rows: rows.unsigned_abs(), sum })
            .unwrap_or_default()
    };
    Ok(Totals { ours: total(ours?), theirs: total(theirs?) })
}

/// Compares both tables. The source is seen by the transaction that is open on its connection.
///
/// # Errors
/// What a server reports; Ctrl-C.
pub fn compare(session: &mut Session<'_>, compared: Compared) -> Result<Comparison> {
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

impl Cut {
    fn of(source: &mut Client, pair: &Pair) -> Result<Cut> {
        let wanted = (pair.source.rows / LEAST_ROWS).clamp(1, PARTS);
        // Texts in other encodings are in another order, too.
        let in_order = pair.key_columns().next().is_some_and(|first| first.ordered) && !pair.any_encoding;
        match in_order {
            true => Ok(Cut::Ranges(ranges::bounds(source, pair, wanted as usize)?)),
            false => Ok(Cut::Hash(wanted.next_power_of_two())),
        }
    }

    fn parts(&self) -> usize {
        match self {
            Cut::Ranges(bounds) => bounds.len() + 1,
            Cut::Hash(parts) => *parts as usize,
        }
    }

    /// The number of a row's part, as SQL.
    fn expression(&self, pair: &Pair) -> String {
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
    fn condition(&self, pair: &Pair, parts: &[i32]) -> String {
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
    fn fetches<'p>(&self, parts: &'p [i32], rows: impl Fn(&i32) -> u64) -> Vec<&'p [i32]> {
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

    fn words(&self, part: i32) -> String {
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

/// One of the two tables.
struct Side {
    table: String,
    /// The condition of rows that count: soft-deleted rows do not.
    counts: String,
}

impl Side {
    fn source(pair: &Pair) -> Side {
        Side { table: pair.source.rows(), counts: "true".to_owned() }
    }

    fn destination(pair: &Pair) -> Side {
        let counts = pair.mark.as_ref().map_or("true".to_owned(), |mark| format!("{} IS NULL", quote(mark)));
        Side { table: pair.table.to_string(), counts }
    }

    fn sums(&self, client: &mut Client, pair: &Pair, cut: &Cut, compared: Compared) -> Result<Sums> {
        let sql = format!(
            "SELECT {}, count(*), sum({})::text FROM {} WHERE {} GROUP BY 1",
            cut.expression(pair),
            hash(pair, compared),
            self.table,
            self.counts
        );
        let rows = client.query(&sql, &[])?;
        Ok(rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect())
    }

    fn hashes(
        &self,
        client: &mut Client,
        pair: &Pair,
        cut: &Cut,
        parts: &[i32],
        compared: Compared,
    ) -> Result<Hashes> {
        let key: Vec<String> = pair.key_columns().map(|column| same::text(column, "")).collect();
        let part = match parts {
            [part] => part.to_string(),
            _ => cut.expression(pair),
        };
        let sql = format!(
            "SELECT {part}, ARRAY[{}], {} FROM {} WHERE {} AND {}",
            key.join(", "),
            hash(pair, compared),
            self.table,
            cut.condition(pair, parts),
            self.counts
        );
        let mut hashes = Hashes::new();
        for row in client.query(&sql, &[])? {
            hashes.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
        }
        Ok(hashes)
    }
}

/// The hash of what is compared.
fn hash(pair: &Pair, compared: Compared) -> String {
    match compared {
        Compared::Rows => same::hash(pair.source.copied(), pair.any_encoding),
        Compared::Keys => same::hash(pair.key_columns(), pair.any_encoding),
    }
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
