//! Filling the table of a unit by one stream, and comparing the two where that was asked for.

use super::unit_copy::UnitCopy;
use super::verify;
use crate::ingest::source::DataReader;
use crate::report::plural;
use crate::report::steps::Steps;
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Result};
use postgres::Transaction;

/// Creates the table that the rows go to, copies them by one stream, and compares the two where that was asked for.
///
/// # Errors
/// The first row that cannot be loaded or put aside; a difference; what the dump or the server reports; Ctrl-C.
pub fn fill_by_one(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    steps: &mut Steps<'_>,
) -> Result<u64> {
    let at_once = |attempt: &mut Transaction<'_>, reader: &mut DataReader| copy.run(attempt, reader, true);
    match fill(copy, transaction, steps, at_once) {
        Err(error) if copy.rejects.need_care() => fill_carefully(copy, transaction, steps, &error),
        filled => filled.and_then(|rows| verify::compare(copy, transaction, steps).map(|()| rows)),
    }
}

/// Creates the table that the rows go to, and copies them; leaves nothing in the transaction when it fails.
fn fill(
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
    let mut reader = unit.source.open(copy.settings)?;
    copy.progress.advance(unit.header.data_origin.offset);
    let rows = send(&mut attempt, &mut reader)?;
    attempt.commit()?;
    steps.done(&format!("copied {rows} {}", plural(rows, "row")));
    Ok(rows)
}

/// Copies the rows once more, without those that the server refuses, of which `refusal` names one; and compares.
///
/// # Errors
/// Too many rows that cannot be loaded; a difference; what the server reports; Ctrl-C.
pub fn fill_carefully(
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
    let rows = fill(copy, transaction, steps, |attempt, reader| copy.run_carefully(attempt, reader))?;
    verify::compare(copy, transaction, steps)?;
    Ok(rows)
}
