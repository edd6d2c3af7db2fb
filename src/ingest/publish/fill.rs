//! Filling the table of a unit by one stream or by many, and comparing the two sides where that is asked for.

use super::steps::Steps;
use super::unit_copy::UnitCopy;
use super::verify;
use crate::config::Size;
use crate::copy::send::streams::{self, SharedBatches};
use crate::ingest::source::DataReader;
use crate::pg::database::lost_connection;
use crate::report::plural;
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Result};
use postgres::{Client, Transaction};

/// Creates the table of `copy`, copies the rows by one stream, and compares; returns the number of rows.
///
/// # Errors
/// The first row that cannot be loaded or rejected; a difference; what the dump or the server reports; Ctrl-C.
pub fn fill_by_one(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
) -> Result<u64> {
    let at_once = |attempt: &mut Transaction<'_>, reader: &mut DataReader| copy.run(attempt, reader, true);
    match create_and_copy(copy, transaction, steps, at_once) {
        Err(error) if copy.rejects.need_care() => fill_carefully(copy, transaction, steps, &error),
        filled => filled.and_then(|rows| verify::compare(copy, transaction, steps).map(|()| rows)),
    }
}

/// Fills the unit's staging table over these connections: each stream commits what it has sent into a table that others do not
/// look for. Then `finish` gets its copy and the number of rows, in `transaction`, which must keep other runs away. Where
/// the server refuses rows that may be rejected, one stream fills the table of `copy` instead. A staging table that cannot be
/// finished is dropped. Returns the number of rows and what `finish` returns.
///
/// # Errors
/// The first row that cannot be loaded or rejected; a difference; what `finish`, the dump or the server reports; Ctrl-C.
pub fn fill_by_many<T>(
    copy: &UnitCopy<'_>,
    streams: &mut [Client],
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
    finish: impl Fn(&UnitCopy<'_>, u64, &mut Transaction<'_>) -> Result<T>,
) -> Result<(u64, T)> {
    let unit = copy.unit;
    let staging = Staging::of(&unit.table);
    let Some(first) = streams.first_mut() else { return Err(Error::failed("no connection to fill a table")) };
    staging.create(first, &unit.create_statement(staging.table()))?;
    steps.done("created");

    let by_many = UnitCopy { table: staging.table(), ..*copy };
    let finished = copy_by_many(&by_many, streams).and_then(|rows| {
        let by = streams.len();
        steps.done(&format!("copied {rows} {} by {by} streams", plural(rows, "row")));
        // What this holds is let go of when it fails, so that the table can be dropped by another connection, while the
        // unit's lock is still ours.
        let mut attempt = transaction.transaction()?;
        verify::compare_by_many(&by_many, &mut attempt, streams, steps)?;
        let finished = finish(&by_many, rows, &mut attempt)?;
        attempt.commit()?;
        Ok((rows, finished))
    });
    finished.or_else(|error| {
        if let Some(client) = streams.iter_mut().min_by_key(|client| client.is_closed()) {
            staging.discard(client);
        }
        if !copy.rejects.need_care() {
            return Err(error);
        }
        // Of many streams, each would have to find the rows that the server refuses among those of its own.
        let rows = fill_carefully(copy, transaction, steps, &error)?;
        Ok((rows, finish(copy, rows, transaction)?))
    })
}

/// Copies the rows once more, without those that the server refuses, of which `refusal` names one; and compares.
///
/// # Errors
/// Too many rows that cannot be loaded; a difference; what the server reports; Ctrl-C.
fn fill_carefully(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
    refusal: &Error,
) -> Result<u64> {
    interrupt::check()?;
    tracing::info!("{}: loading it once more, the careful way: {refusal}", copy.unit.table.name());
    copy.rejects.forget();
    if let Some(verification) = copy.verification {
        verification.forget();
    }
    copy.progress.restart();
    let carefully =
        |attempt: &mut Transaction<'_>, reader: &mut DataReader| copy.run_carefully(attempt, reader);
    let rows = create_and_copy(copy, transaction, steps, carefully)?;
    verify::compare(copy, transaction, steps)?;
    Ok(rows)
}

/// Creates the table that the rows go to, and copies them by `send`; leaves nothing in the transaction when it fails.
fn create_and_copy(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
    send: impl FnOnce(&mut Transaction<'_>, &mut DataReader) -> Result<u64>,
) -> Result<u64> {
    let unit = copy.unit;
    let mut attempt = transaction.transaction()?;
    // One that many streams were filling when their run was killed.
    Staging::of(&unit.table).remove_leftover(&mut attempt)?;
    attempt.batch_execute(&unit.create_statement(copy.table))?;
    steps.done("created");
    let mut reader = copy.open()?;
    let rows = send(&mut attempt, &mut reader)?;
    attempt.commit()?;
    steps.done(&format!("copied {rows} {}", plural(rows, "row")));
    Ok(rows)
}

/// Sends the whole data file over these connections; returns the number of rows when all are committed.
fn copy_by_many(copy: &UnitCopy<'_>, streams: &mut [Client]) -> Result<u64> {
    tracing::debug!(
        "memory: {} KiB for {} streams, and for each four times the longest row (up to {})",
        streams::memory_bytes(streams.len()) >> 10,
        streams.len(),
        Size(copy.settings.limits.row_bytes as u64)
    );
    let mut reader = copy.open()?;
    streams::share(&mut reader, streams.iter_mut().collect(), |client, batches| {
        copy_shared(copy, client, batches)
            .map_err(|error| if client.is_closed() { lost_connection(error) } else { error })
    })
}

/// One of many streams. Its rows cannot be written frozen, since the table is not of its transaction.
fn copy_shared(copy: &UnitCopy<'_>, client: &mut Client, mut batches: SharedBatches<'_>) -> Result<u64> {
    let mut transaction = client.transaction()?;
    let rows = copy.run(&mut transaction, &mut batches, false)?;
    interrupt::check()?;
    transaction.commit()?;
    Ok(rows)
}
