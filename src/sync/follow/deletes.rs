//! Rows that were deleted at the source. Comparing keys finds them; they are deleted or marked at the destination.

use super::window::{self, Merged, WindowRows};
use crate::pg::ident::{literal, quote};
use crate::report::thousands;
use crate::run::interrupt;
use crate::sync::compare::{Compared, Comparison, Key, compare};
use crate::sync::session::Session;
use crate::sync::side::of_source;
use crate::sync::state::State;
use crate::sync::table::pair::Pair;
use crate::sync::table::same;
use crate::sync::table::shape::ShapeColumn;
use crate::{Error, Place, Result};
use postgres::types::ToSql;
use std::collections::HashSet;

/// Keys of one statement.
const TOGETHER: usize = 10_000;

/// What was found.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Rows that were deleted or marked.
    pub gone: u64,
    /// Rows that the destination lacked although no pass would have read them, and that it has now.
    pub fetched: Merged,
}

/// Deletes or marks them. Rows that the destination lacks come first: one of them may be the row under another text of its key. The
/// source is seen by the transaction that is open on its connection.
///
/// # Errors
/// More rows gone than the settings allow, of which none is deleted then; what a server reports, such as a foreign key of the destination that refers to one of the rows; Ctrl-C.
pub fn run(session: &mut Session<'_>, state: &State) -> Result<Found> {
    let comparison = compare(session, Compared::Keys)?;
    let fetched = fetch(session, state, &comparison.keys(|difference| &difference.missing))?;
    Ok(Found { gone: delete(session, &comparison)?, fetched })
}

/// Deletes or marks the rows that are gone in the snapshot that is open on the source's connection, and fetches none. Gives their number.
///
/// # Errors
/// As [`run`].
pub fn delete_alone(session: &mut Session<'_>) -> Result<u64> {
    let comparison = compare(session, Compared::Keys)?;
    delete(session, &comparison)
}

fn delete(session: &mut Session<'_>, comparison: &Comparison) -> Result<u64> {
    let mut gone = Vec::new();
    let seeming = comparison.keys(|difference| &difference.gone);
    for keys in seeming.chunks(TOGETHER) {
        interrupt::check()?;
        gone.extend(without_those_of_source(session, keys)?);
    }
    // A key with another text at the source is missing under that one.
    let renamed: usize = comparison.differences.iter().map(|difference| difference.missing.len()).sum();
    let stay = seeming.len() - gone.len();
    if stay > renamed {
        tracing::warn!(
            "{}: {} rows stay, since the source has their keys",
            session.pair.table,
            stay - renamed
        );
    }
    let (count, most) = (gone.len() as u64, session.settings.max_deletes);
    if !most.allows(count, comparison.rows_there) {
        let what = format!(
            "{} of {} rows are gone at the source, and --max-deletes allows {most}; none was deleted",
            thousands(count),
            thousands(comparison.rows_there)
        );
        return Err(Error::failed(what)
            .of_data()
            .at(Place::table(session.pair.table.to_string())).remedy("look at the source; if these rows are really gone, run `pghaul sync once` with a greater --max-deletes, such as 100%"));
    }
    let mut deleted = 0;
    for keys in gone.chunks(TOGETHER) {
        interrupt::check()?;
        let sql = statement(&session.pair);
        deleted += session.destination.execute(&sql, &parameters(&lists(&session.pair, keys)))?;
    }
    if deleted < count {
        tracing::warn!(
            "{}: {} of {} rows that are gone at the source are still there: a trigger or a policy keeps them, or another client has \
             come first",
            session.pair.table,
            thousands(count - deleted),
            thousands(count)
        );
    }
    Ok(deleted)
}

/// Copies the rows with these keys, which no pass would read.
///
/// # Errors
/// What a server reports; Ctrl-C. What is merged stays.
pub fn fetch(session: &mut Session<'_>, state: &State, keys: &[Key]) -> Result<Merged> {
    let mut fetched = Merged::default();
    for keys in keys.chunks(TOGETHER) {
        let condition = is_one_of(&session.pair, keys);
        let rows = WindowRows { condition: &condition, order: "", are_many: false };
        fetched.add(window::copy_and_merge(session, state, rows)?);
    }
    Ok(fetched)
}

/// The keys that no row of the source has, by the equality of their types: what the comparison of texts says is not enough to delete.
fn without_those_of_source(session: &mut Session<'_>, keys: &[Key]) -> Result<Vec<Key>> {
    let pair = &session.pair;
    let sql = format!(
        "SELECT g.place FROM {} WITH ORDINALITY g ({}, place) \
         WHERE EXISTS (SELECT FROM {} WHERE {})",
        unnested(pair),
        names(pair),
        pair.source.rows(),
        has_key(pair, "t")
    );
    let there = session.source.client().query(&sql, &parameters(&lists(pair, keys))).map_err(of_source)?;
    let there: HashSet<usize> =
        there.iter().filter_map(|row| usize::try_from(row.get::<_, i64>(0) - 1).ok()).collect();
    let others = keys.iter().enumerate().filter(|(place, _)| !there.contains(place));
    Ok(others.map(|(_, key)| key.clone()).collect())
}

/// The condition of the source's rows with these keys.
fn is_one_of(pair: &Pair, keys: &[Key]) -> String {
    let list = |values: Vec<&str>| {
        format!("ARRAY[{}]::text[]", values.into_iter().map(literal).collect::<Vec<_>>().join(", "))
    };
    let lists: Vec<String> = lists(pair, keys).into_iter().map(list).collect();
    let (names, has_key) = (names(pair), has_key(pair, "t"));
    format!("EXISTS (SELECT FROM unnest({}) g ({names}) WHERE {has_key})", lists.join(", "))
}

/// The values of the keys, a list for each column.
fn lists<'k>(pair: &Pair, keys: &'k [Key]) -> Vec<Vec<&'k str>> {
    (0..pair.key.len()).map(|column| keys.iter().map(|key| key[column].as_str()).collect()).collect()
}

fn parameters<'l>(lists: &'l [Vec<&str>]) -> Vec<&'l (dyn ToSql + Sync)> {
    lists.iter().map(|list| list as _).collect()
}

/// The names that the values of a key have in `g`.
fn names(pair: &Pair) -> String {
    (1..=pair.key.len()).map(|number| format!("k{number}")).collect::<Vec<_>>().join(", ")
}

/// The parameters: a list of texts for each column of the key.
fn unnested(pair: &Pair) -> String {
    let lists: Vec<String> = (1..=pair.key.len()).map(|number| format!("${number}::text[]")).collect();
    format!("unnest({})", lists.join(", "))
}

/// The condition that a row has the key of `g`, by the equality of its types.
fn has_key(pair: &Pair, row: &str) -> String {
    same::key_equals(&pair.source, &pair.key, row, |place, column| {
        format!("g.k{}::{}", place + 1, column.type_name)
    })
}

/// The statement that deletes or marks rows. Its parameters are the values of the keys, a list of text for each column. A row whose
/// key has another text is another row.
pub fn statement(pair: &Pair) -> String {
    let text = |(place, column): (usize, &ShapeColumn)| {
        column.by_text.then(|| format!("{} = g.k{}", same::text(column, "t."), place + 1))
    };
    let texts = pair.key_columns().enumerate().filter_map(text);
    let same: Vec<String> = std::iter::once(has_key(pair, "t")).chain(texts).collect();
    let (table, given, names, same) = (&pair.table, unnested(pair), names(pair), same.join(" AND "));
    match &pair.mark {
        Some(mark) => format!(
            "UPDATE {table} t SET {mark} = clock_timestamp() FROM {given} g ({names}) WHERE {same} AND t.{mark} IS NULL",
            mark = quote(mark)
        ),
        None => format!("DELETE FROM {table} t USING {given} g ({names}) WHERE {same}"),
    }
}
