//! `--mothers widen`: mothers and their version tables get wider types before the load, in the transaction of all changes that
//! wait for no load.

use super::mother_lock::lock_family;
use super::removal;
use crate::ingest::plan::widening::{Widening, family};
use crate::pg::ident::Qualified;
use crate::pg::lock::{self, Turn};
use crate::pg::sqlstate::SqlState;
use crate::table::ledger::loads;
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};

/// Alters all of them. All locks are taken in one try, so readers wait only for the tables to be rewritten.
///
/// # Errors
/// Those who use the tables for too long; what has come into the way since the run was planned; values or indexes that the new
/// types do not allow; what the server reports. The transaction has failed then.
pub fn widen(widenings: &[Widening], transaction: &mut Transaction<'_>) -> Result<()> {
    if widenings.is_empty() {
        return Ok(());
    }
    let locked = lock::lock_in_tries(transaction, removal::PATIENCE, "the tables to be widened", |attempt| {
        let turn = Turn::begin();
        for (number, widening) in widenings.iter().enumerate() {
            lock_family(&widening.view, tables(widening), &turn, number == 0, attempt)?;
        }
        Ok(())
    });
    locked.map_err(in_the_way)?;
    for widening in widenings {
        alter(widening, transaction)
            .map_err(|error| error.into_refused().at(Place::table(widening.mother.name())))?;
    }
    Ok(())
}

/// Collects statistics again of mothers and version tables that were altered: those of the columns are gone.
pub fn analyze(widenings: &[Widening], client: &mut Client) {
    for table in widenings.iter().flat_map(tables) {
        lock::analyze_or_warn(client, table);
    }
}

fn alter(widening: &Widening, transaction: &mut Transaction<'_>) -> Result<()> {
    check_again(widening, transaction)?;
    tracing::info!(
        "widening mother table {}: {}; {}",
        widening.mother.name(),
        widening.changes(),
        widening.cost()
    );
    widening.view.let_go(transaction)?;
    let statement = widening.statement();
    tracing::debug!("{statement}");
    // A foreign key locks another table. Its users are not waited for while readers wait.
    Turn::begin().limit(transaction)?;
    transaction.batch_execute(&statement).map_err(|error| {
        let error = Error::from(error);
        match SqlState::from(&error) {
            SqlState::LockTimeout => in_the_way(error),
            kind if kind.is_of_connection() || kind == SqlState::Cancelled => error,
            _ => error.remedy("alter the mother by hand, or load with --mothers recreate or keep"),
        }
    })?;
    for (unit, [before, after]) in &widening.fingerprints {
        loads::change_fingerprint(transaction, widening.mother.schema(), unit, before, after)?;
    }
    widening.view.follow(None, transaction)
}

fn in_the_way(error: Error) -> Error {
    match SqlState::from(&error) {
        SqlState::LockTimeout => {
            error.remedy("someone is using the tables that are to be widened; run again when they are done")
        }
        _ => error,
    }
}

/// Looks again, under the locks.
fn check_again(widening: &Widening, transaction: &mut Transaction<'_>) -> Result<()> {
    let now = family(&widening.mother, transaction)?;
    if !now.iter().map(|table| &table.table).eq(tables(widening)) || !widening.has_types(transaction)? {
        return Err(Error::refused("has been altered by another session meanwhile").remedy("run again"));
    }
    widening.check(transaction)
}

fn tables(widening: &Widening) -> impl Iterator<Item = &Qualified> {
    widening.tables.iter().map(|table| &table.table)
}
