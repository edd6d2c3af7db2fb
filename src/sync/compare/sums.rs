//! The sums and hashes of the rows of one table, which the server computes.

use super::cut::Cut;
use crate::Result;
use crate::pg::ident::quote;
use crate::run::workers;
use crate::sync::session::Session;
use crate::sync::side::of_source;
use crate::sync::table::pair::Pair;
use crate::sync::table::same;
use postgres::Client;
use std::collections::{BTreeMap, HashMap};

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

/// For each part with rows: their number and the sum of their hashes.
pub type Sums = BTreeMap<i32, (i64, String)>;
/// For each part, the hash of each row.
pub type Hashes = HashMap<i32, HashMap<Key, i64>>;

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
    Ok(Totals { ours: total(ours?), theirs: total(theirs?) })
}

/// Sums up the destination's table.
///
/// # Errors
/// What the server reports.
pub fn total_of_destination(session: &mut Session<'_>) -> Result<Total> {
    let Session { pair, destination, .. } = session;
    Side::destination(pair).sums(destination, pair, &Cut::Hash(1), Compared::Rows).map(total)
}

fn total(sums: Sums) -> Total {
    let sum = sums.into_values().next();
    sum.map(|(rows, sum)| Total { rows: rows.unsigned_abs(), sum }).unwrap_or_default()
}

/// One of the two tables.
pub struct Side {
    table: String,
    /// The condition of rows that count: soft-deleted rows do not.
    counts: String,
}

impl Side {
    pub fn source(pair: &Pair) -> Side {
        Side { table: pair.source.rows(), counts: "true".to_owned() }
    }

    pub fn destination(pair: &Pair) -> Side {
        let counts = pair.mark.as_ref().map_or("true".to_owned(), |mark| format!("{} IS NULL", quote(mark)));
        Side { table: pair.table.to_string(), counts }
    }

    pub fn sums(&self, client: &mut Client, pair: &Pair, cut: &Cut, compared: Compared) -> Result<Sums> {
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

    pub fn hashes(
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
