//! Compares both tables by ranges of keys. Both sides count and hash the rows of each range; the order of the rows does not
//! matter. Keys are fetched only from ranges that differ.

use super::ranges::{self, Order};
use super::session::Session;
use super::table::pair::Pair;
use crate::Result;
use crate::pg::ident::{literal, quote};
use crate::run::{interrupt, workers};
use postgres::Client;
use std::collections::{BTreeMap, HashMap};

/// The most ranges: enough that each is small, few enough that the server finds the range of each row fast.
const RANGES: u64 = 1000;
/// The least rows of a range.
const LEAST_ROWS: u64 = 1000;

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

/// A range of keys in which the tables differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The lowest value of the key's first column, and the value that ends the range and is not in it.
    pub range: (Option<String>, Option<String>),
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
    /// Ranges that were compared.
    pub ranges: usize,
    /// The ranges that differ.
    pub differences: Vec<Difference>,
}

/// For each range with rows: their number and the sum of their hashes.
type Sums = BTreeMap<i32, (i64, String)>;

/// Compares both tables. The source is seen by the transaction that is open on its connection.
///
/// # Errors
/// What a server reports; Ctrl-C.
pub fn compare(session: &mut Session<'_>, compared: Compared) -> Result<Comparison> {
    let Session { pair, source, destination, .. } = session;
    let wanted = (pair.source.rows / LEAST_ROWS).clamp(1, RANGES);
    let bounds = ranges::bounds(source, pair, wanted as usize, Order::Shared)?;
    let (at_source, at_destination) = (Side::source(pair), Side::destination(pair));
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| at_destination.sums(destination, pair, &bounds, compared));
        let ours = at_source.sums(source, pair, &bounds, compared);
        (ours, workers::joined(theirs))
    });
    let (ours, theirs) = (ours?, theirs?);
    let mut comparison = Comparison {
        rows: ours.values().map(|(rows, _)| rows.unsigned_abs()).sum(),
        ranges: bounds.len() + 1,
        differences: Vec::new(),
    };
    for (number, (low, high)) in
        ranges::between(&bounds).into_iter().map(|range| (range.low, range.high)).enumerate()
    {
        // Bucket 0 of width_bucket is below the first bound.
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        if ours.get(&number) == theirs.get(&number) {
            continue;
        }
        interrupt::check()?;
        let condition = ranges::condition(pair, low.as_deref(), high.as_deref(), Order::Shared);
        let source_rows = at_source.hashes(source, pair, &condition, compared)?;
        let destination_rows = at_destination.hashes(destination, pair, &condition, compared)?;
        comparison.differences.extend(difference((low, high), source_rows, destination_rows));
    }
    Ok(comparison)
}

/// One of the two tables.
struct Side {
    table: String,
    /// The condition of rows that count: soft-deleted rows do not.
    counts: String,
}

impl Side {
    fn source(pair: &Pair) -> Side {
        Side { table: pair.source.table.to_string(), counts: "true".to_owned() }
    }

    fn destination(pair: &Pair) -> Side {
        let counts = pair.mark.as_ref().map_or("true".to_owned(), |mark| format!("{} IS NULL", quote(mark)));
        Side { table: pair.table.to_string(), counts }
    }

    fn sums(&self, client: &mut Client, pair: &Pair, bounds: &[String], compared: Compared) -> Result<Sums> {
        let range = match (bounds, pair.key.first().and_then(|name| pair.source.column(name))) {
            ([_, ..], Some(column)) => {
                let values: Vec<String> = bounds.iter().map(|bound| literal(bound)).collect();
                let (name, order) = (quote(&column.name), Order::Shared.clause(pair));
                format!("width_bucket({name}{order}, ARRAY[{}]::{}[])", values.join(","), column.type_name)
            }
            _ => "0".to_owned(),
        };
        let sql = format!(
            "SELECT {range}, count(*), sum({})::text FROM {} WHERE {} GROUP BY 1",
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
        condition: &str,
        compared: Compared,
    ) -> Result<HashMap<Key, i64>> {
        let key: Vec<String> = pair.key.iter().map(|name| format!("{}::text", quote(name))).collect();
        let sql = format!(
            "SELECT ARRAY[{}], {} FROM {} WHERE {condition} AND {}",
            key.join(", "),
            hash(pair, compared),
            self.table,
            self.counts
        );
        Ok(client.query(&sql, &[])?.iter().map(|row| (row.get(0), row.get(1))).collect())
    }
}

/// The hash of a row's text, which every version of the server computes alike.
fn hash(pair: &Pair, compared: Compared) -> String {
    let columns = match compared {
        Compared::Rows => pair.columns(),
        Compared::Keys => pair.key_list(),
    };
    format!("hashtextextended(ROW({columns})::text, 0)")
}

/// The difference in a range; none if the destination has changed since it was summed up and is the same now.
fn difference(
    range: (Option<String>, Option<String>),
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
    (!is_same).then_some(Difference { range, missing, gone, different })
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
            (None, Some("9".into())),
            rows(&[("1", 1), ("2", 2), ("3", 3)]),
            rows(&[("1", 1), ("2", 7), ("4", 4)]),
        )
        .unwrap();
        let key = |key: &str| vec![vec![key.to_owned()]];
        assert_eq!((found.missing, found.different, found.gone), (key("3"), key("2"), key("4")));
        assert_eq!(difference((None, None), rows(&[("1", 1)]), rows(&[("1", 1)])), None);
    }
}
