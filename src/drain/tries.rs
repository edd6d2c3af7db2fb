//! A batch is tried until its rows are complete and the table has types for all of its values.

use super::advice;
use super::batch::{Attempt, Batch, Ended, Published};
use super::cache::pages::{Page, RowSource};
use super::row::see_page;
use super::target;
use super::types::learn::Learnt;
use crate::exit::Exit;
use crate::pg::database::Database;
use crate::pg::{lock, retry, statements};
use crate::table::into::Durability;
use crate::{Error, Result};
use postgres::Client;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// The types of a new table are first inferred from so many rows; a later value may still widen a type.
const FIRST_LOOK: u64 = 1_000;
/// Fewer rows than this are not worth a second stream.
const FEW_ROWS: u64 = 20_000;

/// Loads and publishes the rows of `source`. `streams` are open connections for COPY; more are opened as the batch needs them.
///
/// # Errors
/// The first row that cannot be loaded and would be one reject too many; a batch that changes while it is read; what source
/// or database report; Ctrl-C. Nothing is published then, except after a connection that was lost during the commit.
pub fn load_and_publish(
    batch: &Batch<'_>,
    source: &mut dyn RowSource,
    client: &mut Client,
    streams: &mut Vec<Client>,
) -> Result<Published> {
    let key = |list| format!("drain.{}.{list}", batch.settings.job);
    statements::execute(client, &key("before"), &batch.settings.before)?;
    let lock_name = format!("the table {}", target::find(client, batch.into)?.table);
    let published = lock::exclusively(client, &lock_name, |client| {
        let mut learnt = None;
        loop {
            match attempt(batch, source, client, streams, learnt.take())? {
                Ended::Published(published) => return Ok(published),
                Ended::NotAll => {}
                Ended::TooNarrow(wider) => learnt = Some(wider),
                Ended::Widen(columns) => {
                    let target = target::existing(client, batch.into, batch.columns)?;
                    target::widen(client, target.table(), &columns)?;
                }
            }
        }
    });
    let published = published.map_err(|error| error.advised(advice::of))?;
    statements::execute(client, &key("after"), &batch.settings.after)?;
    Ok(published)
}

/// Prepares the table and a staging table, and makes one attempt. `learnt` are the types that an earlier attempt asks for.
fn attempt(
    batch: &Batch<'_>,
    source: &mut dyn RowSource,
    client: &mut Client,
    streams: &mut Vec<Client>,
    learnt: Option<Learnt>,
) -> Result<Ended> {
    let started = Instant::now();
    let settings = batch.settings;
    let rows = source.begin()?;
    let few = rows.is_some_and(|rows| rows < FEW_ROWS);
    connect(batch.database, streams, if few { 1 } else { settings.workers })?;
    let found = target::find(client, batch.into)?;
    let is_new = found.columns.is_none();
    let mut first = VecDeque::new();
    let learnt = match learnt {
        Some(learnt) => learnt,
        None if is_new || lacks_columns(batch, &found) => first_look(batch, source, &mut first)?,
        None => Learnt::nothing_of(batch.columns, &settings.declared),
    };
    let target = match is_new {
        true => target::to_be_created(client, batch.into, &learnt)?,
        false => {
            if settings.evolve {
                target::add_columns(client, &found, &learnt)?;
            }
            target::existing(client, batch.into, batch.columns)?
        }
    };
    let learnt = match is_new {
        true => learnt,
        false => Learnt::of_table(target.columns(), &settings.declared),
    };
    let rejected = source.rejected_rows()?.map(Arc::new);
    let stage = target.stage(client, Durability::UntilCrash)?;
    let attempt = Attempt {
        batch,
        target: &target,
        stage: &stage,
        rejected: rejected.clone(),
        learnt,
        is_new,
        started,
    };
    let ended = attempt.run(source, first, client, streams);
    if !matches!(ended, Ok(Ended::Published(_))) {
        if !client.is_closed() {
            stage.discard(client);
        }
        if let Some(Err(error)) = rejected.map(|rejected| rejected.discard()) {
            tracing::debug!("{}: {error}", batch.name);
        }
    }
    ended
}

/// Opens or closes connections until `streams` has `wanted` of them, or as many as the server has room for.
fn connect(database: &Database, streams: &mut Vec<Client>, wanted: usize) -> Result<()> {
    streams.retain(|client| !client.is_closed());
    streams.truncate(wanted);
    let first = streams.pop();
    let more = database.connect_up_to(first, wanted - streams.len());
    streams.extend(more);
    if streams.is_empty() {
        // No connection could be opened; the error of this one says why.
        streams.push(database.connect()?);
    }
    Ok(())
}

fn lacks_columns(batch: &Batch<'_>, found: &target::Found) -> bool {
    let there = found.columns.as_deref().unwrap_or_default();
    batch.settings.evolve && batch.columns.iter().any(|name| !there.iter().any(|(known, _)| known == name))
}

/// Learns the types of the first rows, whose pages it adds to `first`.
fn first_look(batch: &Batch<'_>, source: &mut dyn RowSource, first: &mut VecDeque<Page>) -> Result<Learnt> {
    let mut learnt = Learnt::nothing_of(batch.columns, &batch.settings.declared);
    let mut rows = 0;
    while rows < FIRST_LOOK {
        let Some(page) = source.next_page()? else { break };
        rows += page.count();
        see_page(&mut learnt, &page);
        first.push_back(page);
    }
    learnt.close();
    Ok(learnt)
}

/// An error after a batch was begun has exit code 1: a retry or a later run may succeed.
pub fn into_failed(error: Error) -> Error {
    if error.exit() == Exit::Refused { retry::into_failed(error) } else { error }
}
