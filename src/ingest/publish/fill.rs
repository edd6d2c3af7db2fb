//! Filling the table of a unit, by one stream or by many, and verifying it where that is asked for.

use super::unit_copy::UnitCopy;
use super::verify;
use crate::config::Size;
use crate::copy::input::batch::BatchSource;
use crate::copy::send::streams::{self, SharedBatches};
use crate::ingest::advice;
use crate::pg::awake;
use crate::pg::database::lost_connection;
use crate::report::plural;
use crate::report::steps::Steps;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Result};
use postgres::{Client, Transaction};

/// Creates the table of `copy`, copies the rows by one stream, and verifies them; returns the number of rows.
///
/// # Errors
/// The first row that cannot be loaded or rejected; a difference; what the dump or the server reports; Ctrl-C.
pub fn fill_by_one(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
) -> Result<u64> {
    let at_once =
        |attempt: &mut Transaction<'_>, reader: &mut dyn BatchSource| copy.run(attempt, reader, true);
    match create_and_copy(copy, transaction, steps, at_once) {
        Err(error) if copy.rejects.need_care() => fill_carefully(copy, transaction, steps, error),
        filled => filled.and_then(|rows| verify::compare(copy, transaction, steps).map(|()| rows)),
    }
}

/// Fills the unit's staging table over these connections, and verifies it. Each connection commits what it has sent. Then calls
/// `finish` in `transaction`, which must keep other runs away, with the copy into the staging table and the number of rows.
/// Returns that number and what `finish` returns.
///
/// A staging table that cannot be finished is dropped. Where the server has refused rows that may be rejected, one stream fills
/// the table of `copy` instead.
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
    steps.done("created", Step::Copy);

    let by_many = UnitCopy { table: staging.table(), ..*copy };
    let finished = awake::while_others(transaction, || copy_by_many(&by_many, streams)).and_then(|rows| {
        let by = streams.len();
        let next = copy.step_after_copy();
        steps.done(&format!("copied {rows} {} by {by} streams", plural(rows, "row")), next);
        // A failure lets go of what this holds: another connection can drop the table while the unit's lock is still ours.
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
        // Each of many streams would have to look for refused rows among its own.
        let rows = fill_carefully(copy, transaction, steps, error)?;
        Ok((rows, finish(copy, rows, transaction)?))
    })
}

/// Copies the rows once more, without those that the server refuses, and verifies them. `refusal` names one of those.
///
/// # Errors
/// Too many rows that cannot be loaded; a difference; what the server reports; Ctrl-C.
fn fill_carefully(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
    refusal: Error,
) -> Result<u64> {
    interrupt::check()?;
    let refusal = copy.unit.source.data.locate(refusal).advised(advice::of);
    tracing::info!("{}: loading it once more, the careful way: {refusal}", copy.unit.table.name());
    copy.rejects.forget();
    copy.notices.forget();
    if let Some(figures) = copy.figures {
        figures.forget();
    }
    if let Some(verification) = copy.verification {
        verification.forget();
    }
    copy.progress.restart();
    steps.go_on(Step::Create);
    let carefully =
        |attempt: &mut Transaction<'_>, reader: &mut dyn BatchSource| copy.run_carefully(attempt, reader);
    let rows = create_and_copy(copy, transaction, steps, carefully)?;
    verify::compare(copy, transaction, steps)?;
    Ok(rows)
}

/// Creates the table of `copy`, and copies the rows by `send`. A failure leaves nothing in the transaction.
fn create_and_copy(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
    send: impl FnOnce(&mut Transaction<'_>, &mut dyn BatchSource) -> Result<u64>,
) -> Result<u64> {
    let unit = copy.unit;
    let mut attempt = transaction.transaction()?;
    // Many streams may have been filling it when their run was killed.
    Staging::of(&unit.table).remove_leftover(&mut attempt)?;
    attempt.batch_execute(&unit.create_statement(copy.table))?;
    steps.done("created", Step::Copy);
    let mut reader = copy.open()?;
    let rows = send(&mut attempt, &mut reader)?;
    attempt.commit()?;
    steps.done(&format!("copied {rows} {}", plural(rows, "row")), copy.step_after_copy());
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
        timeline::during(Step::Copy, copy.unit.table.name(), || copy_shared(copy, client, batches))
            .map_err(|error| if client.is_closed() { lost_connection(error) } else { error })
    })
}

/// Copies what one of many streams gets. `FREEZE` is not possible: another transaction has created the table.
fn copy_shared(copy: &UnitCopy<'_>, client: &mut Client, mut batches: SharedBatches<'_>) -> Result<u64> {
    let mut transaction = client.transaction()?;
    let rows = copy.run(&mut transaction, &mut batches, false)?;
    interrupt::check()?;
    transaction.commit()?;
    Ok(rows)
}
