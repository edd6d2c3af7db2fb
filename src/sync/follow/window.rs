//! A window: rows of the source are copied into a temporary table of the destination, merged from there, and committed with the
//! watermark.
//!
//! One server process does a merge, and merges take most of the time of a pass. So a window of many rows is merged in parts,
//! over several connections. One statement of the source gives all parts, so each key is in one part only, and the order of the
//! parts does not matter. The watermark is committed last: after a crash in between, rows are merged again, which changes
//! nothing.

use crate::copy::relay::pipe::{Meter, Piped, spread};
use crate::pg::sqlstate::SqlState;
use crate::run::workers::side_by_side;
use crate::sync::session::{self, Session};
use crate::sync::state::State;
use crate::sync::table::pair::{Pair, WINDOW};
use crate::sync::table::sequences::{self, Sequence};
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};

/// A window of so many rows is not worth another connection.
pub const FEW: u64 = 10_000;
/// The longest wait of a part for a lock, which another part might hold.
const PATIENCE: &str = "SET LOCAL lock_timeout = '500ms'";

/// The rows of a window.
#[derive(Debug, Clone, Copy)]
pub struct WindowRows<'r> {
    /// The condition that they fulfil at the source.
    pub condition: &'r str,
    /// The `ORDER BY` clause.
    pub order: &'r str,
    /// Whether they are more than [`FEW`] and the sync has several workers.
    pub are_many: bool,
}

/// What was merged into the destination.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Rows and bytes that were copied from the source.
    pub copied: Piped,
    /// Rows that were inserted or differed.
    pub changed: u64,
}

impl Merged {
    /// Adds a window.
    pub fn add(&mut self, window: Merged) {
        self.copied.rows += window.copied.rows;
        self.copied.bytes += window.copied.bytes;
        self.changed += window.changed;
    }
}

/// Creates the temporary table for windows.
///
/// # Errors
/// What the server reports.
fn create(destination: &mut Client, pair: &Pair) -> Result<()> {
    Ok(destination.batch_execute(&format!(
        "CREATE TEMP TABLE pghaul_window ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA",
        pair.columns(),
        pair.table
    ))?)
}

/// Copies the rows and merges them.
///
/// # Errors
/// What a server reports; Ctrl-C. The watermark stays where it was then.
pub fn copy_and_merge(session: &mut Session<'_>, state: &State, rows: WindowRows<'_>) -> Result<Merged> {
    if !session.has_window {
        create(&mut session.destination, &session.pair)?;
        session.has_window = true;
        let copied =
            |sequence: &Sequence| session.pair.source.copied().any(|column| sequence.is_of(&column.name));
        session.sequences = sequences::without_index(&mut session.destination, &session.pair.table)?;
        session.sequences.retain(copied);
    }
    if rows.are_many
        && let Some(merged) = by_many(session, state, rows)?
    {
        return Ok(merged);
    }
    let Session { pair, source, destination, pace, sequences, .. } = session;
    source.resume()?;
    let mut transaction = destination.transaction()?;
    let parts = std::slice::from_mut(&mut transaction);
    let copied = copy(source.client(), pair, rows, parts, Meter { pace, advance: &|_| {} })?;
    if copied.rows == 0 {
        return Ok(Merged { copied, changed: 0 });
    }
    source.pause()?;
    let changed = merge(&mut transaction, pair)?;
    check_merged(&mut transaction, pair)?;
    sequences::set_behind_window(&mut transaction, sequences, WINDOW)?;
    state.write(&mut transaction, &pair.table)?;
    transaction.commit()?;
    tracing::debug!("window of {} rows where {}", copied.rows, rows.condition);
    Ok(Merged { copied, changed })
}

/// As [`copy_and_merge`], over several connections; none if one connection must do it. In that case nothing has changed.
fn by_many(session: &mut Session<'_>, state: &State, rows: WindowRows<'_>) -> Result<Option<Merged>> {
    if !may_be_shared(session)? || !have_others(session) {
        return Ok(None);
    }
    let Session { pair, source, destination, others, pace, sequences, .. } = session;
    let clients = std::iter::once(destination).chain(others.iter_mut());
    let Ok(mut parts) = clients.map(Client::transaction).collect::<Result<Vec<_>, _>>() else {
        // A further connection was idle for too long. If it is the first one that is lost, its next statement fails.
        others.clear();
        return Ok(None);
    };
    source.resume()?;
    let copied = copy(source.client(), pair, rows, &mut parts, Meter { pace, advance: &|_| {} })?;
    source.pause()?;
    let (pair, sequences): (&Pair, &[Sequence]) = (pair, sequences);
    let merged: Result<Vec<u64>> =
        side_by_side(parts.iter_mut(), |part| merge_part(part, pair)).into_iter().collect();
    let changed = match merged {
        Ok(changed) => changed.iter().sum(),
        Err(error) => {
            tracing::debug!("over one connection, since: {error}");
            return Ok(None);
        }
    };
    for part in &mut parts {
        sequences::set_behind_window(part, sequences, WINDOW)?;
    }
    let mut parts = parts.into_iter();
    let Some(mut first) = parts.next() else { return Ok(None) };
    let count = parts.len() + 1;
    parts.try_for_each(Transaction::commit)?;
    state.write(&mut first, &pair.table)?;
    first.commit()?;
    tracing::debug!("window of {} rows by {count} connections where {}", copied.rows, rows.condition);
    Ok(Some(Merged { copied, changed }))
}

/// Whether no part waits for rows of another part: the table has no unique index but the key's, and no trigger.
fn may_be_shared(session: &mut Session<'_>) -> Result<bool> {
    let sql = include_str!("shared.sql");
    let row = session.destination.query_one(sql, &[&session.pair.table.to_string()])?;
    Ok(row.get(0))
}

/// Opens the further connections, as many as the destination has room for. Gives whether it has any.
fn have_others(session: &mut Session<'_>) -> bool {
    while session.others.len() + 1 < session.settings.workers {
        let opened = session::connect_destination(session.settings).and_then(|mut client| {
            create(&mut client, &session.pair)?;
            Ok(client)
        });
        match opened {
            Ok(client) => session.others.push(client),
            Err(error) => {
                tracing::debug!("no other connection: {error}");
                break;
            }
        }
    }
    !session.others.is_empty()
}

fn copy(
    source: &mut Client,
    pair: &Pair,
    rows: WindowRows<'_>,
    parts: &mut [Transaction<'_>],
    meter: Meter<'_>,
) -> Result<Piped> {
    spread(source, &pair.copy_to(rows.condition, rows.order), parts, &pair.copy_from(WINDOW), meter)
}

fn merge_part(part: &mut Transaction<'_>, pair: &Pair) -> Result<u64> {
    part.batch_execute(PATIENCE)?;
    Ok(part.execute(&pair.merge(), &[])?)
}

/// Merges the window. If rows have exchanged values of another unique index than the key's, the merge fails, and the old rows
/// are deleted first.
fn merge(transaction: &mut Transaction<'_>, pair: &Pair) -> Result<u64> {
    let at = |error: Error| {
        let error = error.at(Place::table(pair.table.to_string()));
        match SqlState::from(&error) {
            SqlState::GeneratedColumn => error.remedy(format!(
                "ALTER TABLE {} ALTER COLUMN … SET GENERATED BY DEFAULT, since the column gets the source's values",
                pair.table
            )),
            SqlState::RowConflict => error.remedy(
                "sync the table that it refers to in the same run, with --schema, or drop the foreign key at the destination",
            ),
            _ => error,
        }
    };
    let mut attempt = transaction.transaction()?;
    match attempt.execute(&pair.merge(), &[]) {
        Ok(changed) => {
            attempt.commit()?;
            return Ok(changed);
        }
        Err(error) if SqlState::from(&error) == SqlState::UniqueViolation => attempt.rollback()?,
        Err(error) => {
            attempt.rollback()?;
            // The server refuses the statement as such, also where no row is another one.
            let is_as_such = SqlState::from(&error) == SqlState::GeneratedColumn;
            if is_as_such && unmerged(transaction, pair)? == 0 {
                return Ok(0);
            }
            return Err(at(error.into()));
        }
    }
    let delete = format!("DELETE FROM {} t USING {WINDOW} w WHERE {}", pair.table, pair.has_window_key());
    transaction.batch_execute(&delete)?;
    transaction.execute(&pair.merge(), &[]).map_err(|error| {
        at(error.into()).remedy(
            "a row that is gone at the source may still hold the value: --deletes=hard deletes it first; or drop the index at the \
             destination",
        )
    })
}

/// Checks that triggers of the destination have let the rows of the window through as they are.
fn check_merged(transaction: &mut Transaction<'_>, pair: &Pair) -> Result<()> {
    let Some(triggers) = &pair.row_triggers else { return Ok(()) };
    match unmerged(transaction, pair)? {
        0 => Ok(()),
        _ => Err(changed_by(triggers).at(Place::table(pair.table.to_string()))),
    }
}

/// How many rows of the window the destination does not have as they are.
fn unmerged(transaction: &mut Transaction<'_>, pair: &Pair) -> Result<i64> {
    Ok(transaction.query_one(&pair.count_unmerged(), &[])?.get(0))
}

/// The error of rows that triggers of the destination have changed or left out.
pub fn changed_by(triggers: &str) -> Error {
    Error::failed(format!("rows do not become as at the source, since triggers change them or leave them out: {triggers}"))
    .of_data()
    .remedy("ALTER TABLE … DISABLE TRIGGER, or leave columns with other values out with --columns and rows with --where")
}
