//! The moment when others see a unit's rows: the new table takes the old one's place, or its name, and gets its mother,
//! whose union view comes along.

use super::unit::Unit;
use crate::pg::ident::{Qualified, quote};
use crate::pg::lock::{self, Turn};
use crate::{Error, Result};
use postgres::Transaction;
use std::time::Duration;

/// The mode of a lock that keeps readers out.
const EXCLUSIVE: &str = "ACCESS EXCLUSIVE";

/// When a swap, or attaching to a mother, gives up waiting for those who use the mother.
const PATIENCE: Duration = Duration::from_secs(30);

/// Puts the new table in the place of the old one, with all that users have put on that, and makes it a child of the mother.
///
/// The mother is locked first: a reader that had already listed her children would wait for the old one, find
/// it gone, and see neither; so readers must wait for the mother, before they list. They wait behind us while we
/// wait, so we step back between tries and let them pass. For the same reason, the mother's union view is locked before her.
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
    let mut statements = vec![format!("DROP TABLE {}", unit.table), rename_statement(new, unit)];
    statements.extend(additions.named().map(str::to_owned));
    statements.push(unit.inherit_statement());
    let statements = statements.join("; ");
    let swapped = lock::patiently_do(transaction, PATIENCE, unit.mother.name(), |attempt| {
        let turn = Turn::begin();
        // ONLY: whoever reads another version is in nobody's way.
        if unit.view.lock(attempt)? {
            turn.lock(attempt, &unit.mother, EXCLUSIVE)?;
        } else {
            attempt.batch_execute(&format!("LOCK TABLE ONLY {} IN {EXCLUSIVE} MODE", unit.mother))?;
        }
        turn.lock(attempt, &unit.table, EXCLUSIVE)?;
        // Until now it could be changed, and grants can be even now.
        if replacement.additions(attempt)? != additions {
            return Err(changed_meanwhile(unit));
        }
        replacement.check(attempt)?;
        unit.view.follow(Some((unit, new)), attempt)?;
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

/// Makes the rows of a version that was not there before visible through the mother, and through her union view.
///
/// # Errors
/// Those who use either for too long; what the server reports; Ctrl-C.
pub fn attach(unit: &Unit, transaction: &mut Transaction<'_>) -> Result<()> {
    lock::patiently_do(transaction, PATIENCE, unit.mother.name(), |attempt| {
        let turn = Turn::begin();
        if unit.view.lock(attempt)? {
            turn.lock(attempt, &unit.mother, lock::AGAINST_PUBLICATIONS)?;
        }
        attempt.batch_execute(&unit.inherit_statement())?;
        unit.view.follow(Some((unit, &unit.table)), attempt)
    })
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
