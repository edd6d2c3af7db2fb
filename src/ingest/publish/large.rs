//! One large unit by many streams: each commits what it has sent into a table that nobody looks for, and one transaction,
//! which holds the unit's lock all the while, publishes it.

use super::fill::fill_carefully;
use super::one::{self, Begun, Loaded, Unanswered};
use super::unit_copy::UnitCopy;
use super::verify;
use crate::config::Size;
use crate::copy::send::streams::{self, SharedBatches};
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::pg::database::{Database, lost_connection};
use crate::report::plural;
use crate::report::progress::UnitProgress;
use crate::report::steps::Steps;
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Result};
use postgres::{Client, Transaction};

/// As [`one::load_and_publish`], by as many streams as there are workers; by one where the server has no room for two.
/// What they have sent is dropped after a failure, or by the next run.
///
/// # Errors
/// As there.
pub fn load_and_publish(
    unit: &Unit,
    settings: &Settings,
    database: &Database,
    client: &mut Client,
    progress: &UnitProgress,
    unanswered: &mut Option<Unanswered>,
) -> Result<Loaded> {
    let mut clients = database.connect_up_to(None, settings.workers);
    if clients.len() < 2 {
        drop(clients);
        return one::load_and_publish(unit, settings, database, client, progress, unanswered);
    }
    let mut steps = Steps::new(unit.table.name());
    let Some(Begun { mut transaction, replaces }) = one::begin(unit, settings, client)? else {
        return Ok(one::conclude(unit, unanswered, &mut steps, client));
    };
    let rejects = unit.rejects(settings);
    let verification = settings.verify.then(|| unit.verification());
    let verification = verification.as_ref();
    let by_one = one::new_table(unit, replaces, &mut transaction)?;
    let copy =
        UnitCopy { unit, settings, database, table: &by_one, progress, rejects: &rejects, verification };
    let started = steps.started;
    let finish = |copy: &UnitCopy<'_>, rows: u64, attempt: &mut Transaction<'_>| {
        one::publish(copy, replaces, rows, started, attempt).map(|()| rows)
    };
    let rows = fill_and_finish(&copy, &mut clients, &mut transaction, &mut steps, finish)?;
    one::commit(transaction, Unanswered { rows, rejects, verified: settings.verify }, unanswered)?;
    Ok(one::conclude(unit, unanswered, &mut steps, client))
}

/// Fills the unit's staging table over these connections, and compares where that was asked for; then `finish` gets its copy
/// and the number of rows, in `transaction`, which must keep other runs away. Where the server refuses rows that may be put
/// aside, one stream fills the table of `copy` instead. A staging table that cannot be finished is dropped.
///
/// # Errors
/// The first row that cannot be loaded or put aside; a difference; what `finish`, the dump or the server reports; Ctrl-C.
pub fn fill_and_finish<T>(
    copy: &UnitCopy<'_>,
    clients: &mut [Client],
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
    finish: impl Fn(&UnitCopy<'_>, u64, &mut Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let unit = copy.unit;
    let staging = Staging::of(&unit.table);
    let Some(first) = clients.first_mut() else { return Err(Error::failed("no connection to fill a table")) };
    staging.create(first, &unit.create_statement(staging.table()))?;
    steps.done("created");

    let by_many = UnitCopy { table: staging.table(), ..*copy };
    let finished = fill(&by_many, clients).and_then(|rows| {
        let by = clients.len();
        steps.done(&format!("copied {rows} {} by {by} streams", plural(rows, "row")));
        // What this holds is let go of when it fails, so that the table can be dropped by another connection, while the
        // unit's lock is still ours.
        let mut attempt = transaction.transaction()?;
        verify::compare_by_many(&by_many, &mut attempt, clients, steps)?;
        let finished = finish(&by_many, rows, &mut attempt)?;
        attempt.commit()?;
        Ok(finished)
    });
    finished.or_else(|error| {
        if let Some(client) = clients.iter_mut().min_by_key(|client| client.is_closed()) {
            staging.discard(client);
        }
        if !copy.rejects.need_care() {
            return Err(error);
        }
        // Of many streams, each would have to find the rows that the server refuses among those of its own.
        let rows = fill_carefully(copy, transaction, steps, &error)?;
        finish(copy, rows, transaction)
    })
}

/// Sends the whole data file over these connections; returns the number of rows when all are committed.
fn fill(copy: &UnitCopy<'_>, clients: &mut [Client]) -> Result<u64> {
    tracing::debug!(
        "memory: {} KiB for {} streams, and for each four times the longest row (up to {})",
        streams::memory_bytes(clients.len()) >> 10,
        clients.len(),
        Size(copy.settings.limits.row_bytes as u64)
    );
    let mut reader = copy.unit.source.open(copy.settings)?;
    copy.progress.advance(copy.unit.header.data_origin.offset);
    streams::share(&mut reader, clients.iter_mut().collect(), |client, batches| {
        send(copy, client, batches)
            .map_err(|error| if client.is_closed() { lost_connection(error) } else { error })
    })
}

/// One stream. Its rows cannot be written frozen, since the table is not of its transaction.
fn send(copy: &UnitCopy<'_>, client: &mut Client, mut batches: SharedBatches<'_>) -> Result<u64> {
    let mut transaction = client.transaction()?;
    let rows = copy.run(&mut transaction, &mut batches, false)?;
    interrupt::check()?;
    transaction.commit()?;
    Ok(rows)
}
