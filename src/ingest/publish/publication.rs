//! The moment when others see a unit's rows: the new table takes the old one's place, or its name, and becomes a child of the
//! mother, and the union view is made again.

use super::unit_copy::UnitCopy;
use crate::Result;
use crate::copy::notices::Counts;
use crate::ingest::plan::unit::Unit;
use crate::pg::ident::{Qualified, quote};
use crate::pg::lock::{self, Turn};
use crate::run::interrupt;
use crate::table::ledger::loads::{self, LoadRecord};
use crate::table::swap::PATIENCE;
use postgres::Transaction;
use std::time::Instant;

/// How a try to publish a unit has ended, unless it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// This run has loaded and published it.
    Loaded(Loaded),
    /// Another run had loaded the same in the meantime; nothing was done.
    UpToDate,
}

/// What was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that the server counted.
    pub rows: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// What was noted about the values of the others.
    pub notices: Counts,
    /// Bytes of the data file.
    pub bytes: u64,
    /// Whether what the server holds was compared with what was sent.
    pub verified: bool,
}

/// Gives the filled table its name, its mother and its entry in the ledger, and installs the files of its rejects.
///
/// # Errors
/// Those who use the mother for too long; an index or a constraint of the old table that the rows do
/// not allow; what the server reports; Ctrl-C.
pub fn publish(
    copy: &UnitCopy<'_>,
    replaces: bool,
    rows: u64,
    started: Instant,
    transaction: &mut Transaction<'_>,
) -> Result<()> {
    let UnitCopy { unit, table: new, rejects, .. } = *copy;
    if let Some(statement) = unit.drop_defaults_statement(new) {
        transaction.batch_execute(&statement)?;
    }
    // This also keeps autovacuum away from a staging table, where the swap would have to wait for it.
    transaction.batch_execute(&Unit::comment_statement(new))?;
    if replaces {
        swap(unit, new, transaction)?;
    } else {
        if *new != unit.table {
            transaction.batch_execute(&rename_statement(new, unit))?;
        }
        attach(unit, transaction)?;
    }
    record(unit, rows, &copy.notices.all(), started, transaction)?;
    interrupt::check()?;
    rejects.install_files(|part| unit.source.open_original(part))
}

/// Puts the new table in the place of the old one, with all that users have put on that, and makes it a child of the mother.
/// The union view is locked before the mother, as by its readers.
///
/// # Errors
/// As [`crate::table::additions::Replacement::swap`].
fn swap(unit: &Unit, new: &Qualified, transaction: &mut Transaction<'_>) -> Result<()> {
    unit.replacement(new).swap_along(
        transaction,
        |attempt| unit.view.lock(attempt),
        |attempt| unit.view.follow(Some(unit.part(new)), attempt),
    )?;
    // The mother is locked by now.
    Ok(transaction.batch_execute(&unit.inherit_statement())?)
}

/// Makes the rows of a version that is loaded for the first time visible through the mother, and through the union view.
///
/// # Errors
/// Those who use either for too long; what the server reports; Ctrl-C.
fn attach(unit: &Unit, transaction: &mut Transaction<'_>) -> Result<()> {
    lock::lock_in_tries(transaction, PATIENCE, unit.mother.name(), |attempt| {
        let turn = Turn::begin();
        if unit.view.lock(attempt)? {
            turn.lock(attempt, &unit.mother, lock::AGAINST_PUBLICATIONS)?;
        }
        attempt.batch_execute(&unit.inherit_statement())?;
        unit.view.follow(Some(unit.part(&unit.table)), attempt)
    })
    .map_err(|error| unit.replacement(&unit.table).explain_timeout(error))
}

/// The statement that gives the new table the version table's name.
pub fn rename_statement(new: &Qualified, unit: &Unit) -> String {
    format!("ALTER TABLE {new} RENAME TO {}", quote(unit.table.name()))
}

/// Writes the ledger's row of a unit, whose load began at `started`.
///
/// # Errors
/// What the server reports.
pub fn record(
    unit: &Unit,
    rows: u64,
    notices: &Counts,
    started: Instant,
    transaction: &mut Transaction<'_>,
) -> Result<()> {
    let load = LoadRecord {
        schema: unit.table.schema(),
        unit: unit.table.name(),
        mother: unit.mother.name(),
        app: &unit.source.dump.app,
        version: &unit.source.dump.version,
        dump: &unit.source.dump.name,
        data_file: &unit.source.name,
        fingerprint: &unit.fingerprint,
        rows,
        adjusted: &unit.adjusted(notices),
        bytes: unit.source.bytes,
        seconds: started.elapsed().as_secs_f64(),
    };
    loads::record(transaction, &load)
}
