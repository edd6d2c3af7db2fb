//! A window: rows of the source that are copied into a temporary table of the destination and merged from there, committed with
//! the watermark.
//!
//! Many rows are merged over several connections at the same time, since the merge is work of one server process, and most of
//! what a pass takes. They come from one statement of the source, so no key is in two of the parts, and the parts' order does
//! not matter. The watermark is committed last: after a crash in between, rows are merged again, which changes nothing.

use crate::copy::relay::pipe::{Meter, Piped, spread};
use crate::pg::ident::quote;
use crate::pg::sqlstate::SqlState;
use crate::run::workers::side_by_side;
use crate::sync::session::{self, Session};
use crate::sync::state::State;
use crate::sync::table::pair::{Pair, WINDOW};
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};

/// So many rows are not worth another connection.
pub const FEW: u64 = 10_000;
/// How long one part may wait for anybody, who might be another part.
const PATIENCE: &str = "SET LOCAL lock_timeout = '500ms'";

/// The rows of a window.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'r> {
    /// Which they are.
    pub condition: &'r str,
    /// The clause for the order in which they are read.
    pub order: &'r str,
    /// Whether there are more than [`FEW`], and workers for them.
    pub are_many: bool,
}

/// Creates the temporary table that windows go through.
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

/// Copies the rows and merges them. Gives what was copied, and how many rows were inserted or differed.
///
/// # Errors
/// What a server reports; Ctrl-C. The watermark is where it was then.
pub fn copy_and_merge(session: &mut Session<'_>, state: &State, rows: Rows<'_>) -> Result<(Piped, u64)> {
    if !session.has_window {
        create(&mut session.destination, &session.pair)?;
        session.has_window = true;
    }
    if rows.are_many
        && let Some(done) = by_many(session, state, rows)?
    {
        return Ok(done);
    }
    let Session { pair, source, destination, pace, .. } = session;
    let mut transaction = destination.transaction()?;
    let parts = std::slice::from_mut(&mut transaction);
    let piped = copy(source, pair, rows, parts, Meter { pace, advance: &|_| {} })?;
    if piped.rows == 0 {
        return Ok((piped, 0));
    }
    let changed = merge(&mut transaction, pair)?;
    state.write(&mut transaction, &pair.table)?;
    transaction.commit()?;
    tracing::debug!("window of {} rows where {}", piped.rows, rows.condition);
    Ok((piped, changed))
}

/// The same over several connections; nothing where only one can do it, and nothing has changed then.
fn by_many(session: &mut Session<'_>, state: &State, rows: Rows<'_>) -> Result<Option<(Piped, u64)>> {
    if !may_be_shared(session)? || !have_others(session) {
        return Ok(None);
    }
    let Session { pair, source, destination, others, pace, .. } = session;
    let clients = std::iter::once(destination).chain(others.iter_mut());
    let Ok(mut parts) = clients.map(Client::transaction).collect::<Result<Vec<_>, _>>() else {
        // One of the others was idle for too long; the first one tells about itself.
        others.clear();
        return Ok(None);
    };
    let piped = copy(source, pair, rows, &mut parts, Meter { pace, advance: &|_| {} })?;
    let pair: &Pair = pair;
    let merged: Result<Vec<u64>> =
        side_by_side(parts.iter_mut(), |part| merge_part(part, pair)).into_iter().collect();
    let changed = match merged {
        Ok(changed) => changed.iter().sum(),
        Err(error) => {
            tracing::debug!("over one connection, since: {error}");
            return Ok(None);
        }
    };
    let mut parts = parts.into_iter();
    let Some(mut first) = parts.next() else { return Ok(None) };
    let count = parts.len() + 1;
    parts.try_for_each(Transaction::commit)?;
    state.write(&mut first, &pair.table)?;
    first.commit()?;
    tracing::debug!("window of {} rows by {count} connections where {}", piped.rows, rows.condition);
    Ok(Some((piped, changed)))
}

/// Whether nothing makes the rows of one part wait for those of another: no unique index but the key's, no trigger.
fn may_be_shared(session: &mut Session<'_>) -> Result<bool> {
    let sql = include_str!("shared.sql");
    let row = session.destination.query_one(sql, &[&session.pair.table.to_string()])?;
    Ok(row.get(0))
}

/// Opens the other connections. The destination may have no room for them.
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
    rows: Rows<'_>,
    parts: &mut [Transaction<'_>],
    meter: Meter<'_>,
) -> Result<Piped> {
    spread(source, &pair.copy_to(rows.condition, rows.order), parts, &pair.copy_from(WINDOW), meter)
}

fn merge_part(part: &mut Transaction<'_>, pair: &Pair) -> Result<u64> {
    part.batch_execute(PATIENCE)?;
    Ok(part.execute(&pair.merge(), &[])?)
}

/// Merges the window. Where another unique index than the key's stands against that, because rows have exchanged values, the
/// old ones are deleted first.
fn merge(transaction: &mut Transaction<'_>, pair: &Pair) -> Result<u64> {
    let at = |error: Error| error.at(Place::table(pair.table.to_string()));
    let mut attempt = transaction.transaction()?;
    match attempt.execute(&pair.merge(), &[]) {
        Ok(changed) => {
            attempt.commit()?;
            return Ok(changed);
        }
        Err(error) if SqlState::from(&error) == SqlState::UniqueViolation => {}
        Err(error) => return Err(at(error.into())),
    }
    attempt.rollback()?;
    let same: Vec<String> = pair.key.iter().map(|name| format!("t.{0} = w.{0}", quote(name))).collect();
    let delete = format!("DELETE FROM {} t USING {WINDOW} w WHERE {}", pair.table, same.join(" AND "));
    transaction.batch_execute(&delete)?;
    transaction.execute(&pair.merge(), &[]).map_err(|error| {
        at(error.into()).remedy(
            "a row that is gone at the source, or that comes in a later window, may still hold the value; \
             give a larger --chunk, or drop the index at the destination",
        )
    })
}
