//! The moment when others see a unit's rows: the new table takes the old one's place, or its name, and gets its mother.

use super::unit::Unit;
use crate::pg::ident::{Qualified, quote};
use crate::pg::lock;
use crate::{Error, Result};
use postgres::Transaction;
use std::time::Duration;

/// When a swap, or attaching to a mother, gives up waiting for those who use the mother.
const PATIENCE: Duration = Duration::from_secs(30);

/// Puts the new table in the place of the old one, with all that users have put on that.
///
/// The mother is locked first: a reader that had already listed her children would wait for the old one, find
/// it gone, and see neither; so readers must wait for the mother, before they list. They wait behind us while we
/// wait, so we step back between tries and let them pass.
///
/// # Errors
/// What the rows do not allow, or what has come into the way since the unit's load began; those who use either table for
/// too long; what the server reports; Ctrl-C.
pub fn swap(unit: &Unit, new: &Qualified, transaction: &mut Transaction<'_>) -> Result<()> {
    let replacement = unit.replacement(new);
    let additions = replacement.additions(transaction)?;
    for lost in additions.lost() {
        tracing::warn!("{}: the new version has no place for {lost}", unit.table.name());
    }
    additions.put_on_hidden(new, PATIENCE, transaction).map_err(|error| in_the_way(error, unit))?;
    // ONLY: whoever reads another version is in nobody's way. While the mother is held, the old version table is
    // waited for but briefly: its reader may go on to the mother.
    let locks = format!(
        "LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE; {}; LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE",
        unit.mother,
        lock::set_timeout(lock::FIRST_WAIT),
        unit.table,
    );
    let mut statements = vec![format!("DROP TABLE {}", unit.table), rename_statement(new, unit)];
    statements.extend(additions.named().map(str::to_owned));
    let statements = statements.join("; ");
    let swapped = lock::patiently_do(transaction, PATIENCE, unit.mother.name(), |attempt| {
        attempt.batch_execute(&locks)?;
        // Until now it could be changed, and grants can be even now.
        if replacement.additions(attempt)? != additions {
            return Err(changed_meanwhile(unit));
        }
        replacement.check(attempt)?;
        Ok(attempt.batch_execute(&statements)?)
    });
    swapped.map_err(|error| match error.sqlstate() {
        Some("2BP01") => error.remedy("drop what depends on the old version table, or let it use the mother"),
        _ => in_the_way(error, unit),
    })
}

fn changed_meanwhile(unit: &Unit) -> Error {
    let table = unit.table.name();
    Error::failed(format!("{table} was altered while its new rows were being loaded")).remedy("run again")
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
        .map_err(|error| in_the_way(error, unit))
}

fn in_the_way(error: Error, unit: &Unit) -> Error {
    if error.sqlstate() != Some(lock::NOT_AVAILABLE) {
        return error;
    }
    let (mother, table, seconds) = (unit.mother.name(), unit.table.name(), PATIENCE.as_secs());
    error.remedy(format!(
        "someone has been using {mother} or {table} for more than {seconds} s; run again when they are done"
    ))
}
