//! The moment when others see a unit's rows: the new table takes the old one's place, or its name, and gets its mother,
//! whose union view comes along.

use crate::Result;
use crate::ingest::plan::unit::Unit;
use crate::pg::ident::{Qualified, quote};
use crate::pg::lock::{self, Turn};
use crate::table::swap::PATIENCE;
use postgres::Transaction;

/// Puts the new table in the place of the old one, with all that users have put on that, and makes it a child of the mother.
/// Her union view is locked before her, as by its readers.
///
/// # Errors
/// As [`crate::table::additions::Replacement::swap`].
pub fn swap(unit: &Unit, new: &Qualified, transaction: &mut Transaction<'_>) -> Result<()> {
    unit.replacement(new).swap_along(
        transaction,
        |attempt| unit.view.lock(attempt),
        |attempt| unit.view.follow(Some((unit, new)), attempt),
    )?;
    // The mother is locked by now.
    Ok(transaction.batch_execute(&unit.inherit_statement())?)
}

/// The statement that gives the new table the version table's name.
pub fn rename_statement(new: &Qualified, unit: &Unit) -> String {
    format!("ALTER TABLE {new} RENAME TO {}", quote(unit.table.name()))
}

/// Makes the rows of a version that was not there before visible through the mother, and through her union view.
///
/// # Errors
/// Those who use either for too long; what the server reports; Ctrl-C.
pub fn attach(unit: &Unit, transaction: &mut Transaction<'_>) -> Result<()> {
    lock::lock_in_tries(transaction, PATIENCE, unit.mother.name(), |attempt| {
        let turn = Turn::begin();
        if unit.view.lock(attempt)? {
            turn.lock(attempt, &unit.mother, lock::AGAINST_PUBLICATIONS)?;
        }
        attempt.batch_execute(&unit.inherit_statement())?;
        unit.view.follow(Some((unit, &unit.table)), attempt)
    })
    .map_err(|error| unit.replacement(&unit.table).explain_timeout(error))
}
