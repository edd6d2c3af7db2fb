//! The begin of a unit's transaction: its locks, and another look at the version table.

use super::mother_lock;
use crate::ingest::plan::action::COMMENT;
use crate::ingest::plan::reason::Reason;
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::pg::ident::Qualified;
use crate::pg::{catalog, lock};
use crate::table::ledger::loads;
use crate::{Error, Result};
use postgres::{Client, Transaction};

/// A unit that has to be loaded, and that no other run can be at work on.
pub struct Begun<'c> {
    /// Holds the unit's lock.
    pub transaction: Transaction<'c>,
    /// The new table's name while it is filled: an old version table keeps its own.
    pub work_table: Qualified,
    /// Whether there is an old version table.
    pub replaces: bool,
}

/// Waits for runs that recreate the mother, takes the unit's lock, and looks again; `None` where the unit is up to date by now.
///
/// # Errors
/// A table of this name that is not ours, or that cannot be replaced; what the server reports; Ctrl-C.
pub fn begin<'c>(unit: &Unit, settings: &Settings, client: &'c mut Client) -> Result<Option<Begun<'c>>> {
    let mut transaction = client.transaction()?;
    lock::shared_until_commit(&mut transaction, &mother_lock::name(&unit.mother))?;
    lock::until_commit(&mut transaction, &unit.table.to_string())?;
    let replaces = match look_again(unit, settings, &mut transaction)? {
        OldTable::UpToDate => return Ok(None),
        OldTable::Outdated => true,
        OldTable::Missing => false,
    };
    // Before anything is loaded: the swap would fail, or lose something silently.
    if replaces {
        unit.replacement(&unit.table).check(&mut transaction)?;
    }
    unit.view.check_publication(unit.part(&unit.table), &mut transaction)?;
    let work_table = if replaces { hidden_name(unit, &mut transaction)? } else { unit.table.clone() };
    Ok(Some(Begun { transaction, work_table, replaces }))
}

/// The version table that is there.
enum OldTable {
    Missing,
    Outdated,
    UpToDate,
}

/// Looks at the version table under the unit's lock.
fn look_again(unit: &Unit, settings: &Settings, transaction: &mut Transaction<'_>) -> Result<OldTable> {
    let table = &unit.table;
    let Some(there) = catalog::child_state(transaction, table, &unit.mother)? else {
        return Ok(OldTable::Missing);
    };
    let entry = loads::entry(transaction, table.schema(), table.name())?;
    match entry.filter(|_| there.comment.as_deref() == Some(COMMENT)) {
        None => Err(Error::refused(format!("there is now a table {table} that pghaul did not load"))
            .remedy("rename or drop it, or set xport_cfg.child_name")),
        Some(entry) if entry.app != unit.source.dump.app => {
            Err(Error::refused(format!("{table} now holds this version of the application {}", entry.app))
                .remedy("set xport_cfg.child_name, for example to '{app}_{version}_{table}'"))
        }
        Some(entry) => {
            let reason = Reason::find(&entry, there.persistence, there.attached, &unit.fingerprint, settings);
            Ok(if reason.is_some() { OldTable::Outdated } else { OldTable::UpToDate })
        }
    }
}

/// A name that no other transaction uses: a backend has one at a time.
fn hidden_name(unit: &Unit, transaction: &mut Transaction<'_>) -> Result<Qualified> {
    let backend: i32 = transaction.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    Ok(Qualified::new(unit.table.schema(), format!("pghaul_load_{backend}")))
}
