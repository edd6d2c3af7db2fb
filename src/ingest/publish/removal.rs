//! Dropping a mother with its version tables.

use super::mother_lock::lock_family;
use crate::ingest::plan::removal::{Removal, has_foreign_child, has_own_rows};
use crate::pg::catalog;
use crate::pg::ident::Qualified;
use crate::pg::lock::Turn;
use crate::pg::sqlstate::SqlState;
use crate::report::plural;
use crate::table::ledger::loads;
use crate::{Error, Place, Result};
use postgres::Transaction;
use std::time::Duration;

/// How long those who use what is to be dropped are waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Locks the view, the mother and the version tables, in the order of their readers, and then the tables `more`. Tells whether
/// the view exists.
///
/// # Errors
/// [`SqlState::LockTimeout`]; what the server reports.
pub fn lock<'t>(
    removal: &'t Removal,
    turn: &Turn,
    is_first: bool,
    more: impl Iterator<Item = &'t Qualified>,
    attempt: &mut Transaction<'_>,
) -> Result<bool> {
    let tables = std::iter::once(&removal.mother).chain(&removal.children).chain(more);
    lock_family(&removal.view, tables, turn, is_first, attempt)
}

/// Drops what [`lock`] has locked, and forgets it in the ledger.
///
/// # Errors
/// What has come into the way since the run was planned; what the server reports.
pub fn execute(removal: &Removal, has_view: bool, attempt: &mut Transaction<'_>) -> Result<()> {
    check_again(removal, attempt).map_err(|error| error.at(Place::table(removal.mother.name())))?;
    execute_statement(attempt, &removal.statements(has_view))?;
    loads::mothers::forget(attempt, &removal.mother, &removal.children)
}

/// Says on the log that it is done.
pub fn log(removal: &Removal) {
    let (name, count) = (removal.mother.name(), removal.children.len() as u64);
    tracing::info!("dropped mother table {name} and its {count} version {}", plural(count, "table"));
}

/// Looks again, under the locks.
fn check_again(removal: &Removal, attempt: &mut Transaction<'_>) -> Result<()> {
    if catalog::has_own_rows(attempt, &removal.mother)? {
        return Err(has_own_rows());
    }
    let children = catalog::children(attempt, removal.mother.schema(), &[removal.mother.name()])?;
    match children.iter().find(|child| !removal.children.contains(&child.child)) {
        Some(new) => Err(has_foreign_child(&new.child)),
        None => Ok(()),
    }
}

/// Executes a statement, and says what helps where something depends on what it drops.
///
/// # Errors
/// What the server reports.
pub fn execute_statement(transaction: &mut Transaction<'_>, statement: &str) -> Result<()> {
    tracing::debug!("{statement}");
    transaction.batch_execute(statement).map_err(|error| {
        let error = Error::from(error);
        match SqlState::from(&error) {
            SqlState::Dependents => error.remedy("drop what depends on the old tables, or keep them"),
            _ => error,
        }
    })
}

/// Adds what helps where others have used the tables for too long.
pub fn in_the_way(error: Error) -> Error {
    match SqlState::from(&error) {
        SqlState::LockTimeout => {
            error.remedy("someone is using the tables that are to be dropped; run again when they are done")
        }
        _ => error,
    }
}
