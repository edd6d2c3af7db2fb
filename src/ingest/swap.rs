//! The moment when others see a unit's rows: the new table takes the old one's place, or its name, and gets its mother.

use super::unit::Unit;
use crate::Result;
use crate::pg::ident::{Qualified, quote};
use crate::pg::lock;
use crate::pg::swap::PATIENCE;
use postgres::Transaction;

/// Puts the new table in the place of the old one, with all that users have put on that.
///
/// # Errors
/// As [`crate::pg::additions::Replacement::swap`].
pub fn swap(unit: &Unit, new: &Qualified, transaction: &mut Transaction<'_>) -> Result<()> {
    unit.replacement(new).swap(transaction)
}

/// The statement that gives the new table the version table's name.
pub fn rename_statement(new: &Qualified, unit: &Unit) -> String {
    format!("ALTER TABLE {new} RENAME TO {}", quote(unit.table.name()))
}

/// Makes the rows visible through the mother.
///
/// # Errors
/// Those who use her for too long; what the server reports; Ctrl-C.
pub fn attach(unit: &Unit, transaction: &mut Transaction<'_>) -> Result<()> {
    lock::patiently(transaction, PATIENCE, unit.mother.name(), &unit.inherit_statement())
        .map_err(|error| unit.replacement(&unit.table).in_the_way(error))
}
