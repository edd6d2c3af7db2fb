//! `--mothers recreate`: when all versions of a mother are loaded into staging tables, one transaction drops the old tables and
//! puts the new ones in their place. Until then, and if a version cannot be loaded, the mother and its version tables stay as
//! they are.

use super::publication::{record, rename_statement};
use super::removal;
use super::staged::Staged;
use crate::Result;
use crate::ingest::plan::changes::{Creation, Recreation};
use crate::ingest::plan::unit::Unit;
use crate::pg::lock::{self, Turn};
use crate::run::interrupt;
use crate::table::ledger::loads;
use crate::table::staging::Staging;
use postgres::{Client, Transaction};

/// Drops the old tables, creates the new mother, and rolls that back: an obstacle is better found now than when all is loaded.
///
/// # Errors
/// What is in the way; what the server reports.
pub fn try_out(recreation: &Recreation, transaction: &mut Transaction<'_>) -> Result<()> {
    let mut trial = transaction.transaction()?;
    replace(recreation, &[], &mut trial)?;
    Ok(trial.rollback()?)
}

/// Puts the new mother with these versions, which are all that it has, in the place of the old tables. Does nothing where an
/// earlier try has done it, but lost its connection before the commit was answered.
///
/// # Errors
/// What has come into the way since the run began; rows that are lost; those who use the tables for too long; rejects that
/// cannot be written; what the server reports; Ctrl-C. Nothing has changed in the database then.
pub fn publish(recreation: &Recreation, versions: &[(&Unit, &Staged)], client: &mut Client) -> Result<()> {
    let mut transaction = client.transaction()?;
    // An earlier try, whose connection was lost, may still be at work in the server.
    lock::until_commit(&mut transaction, &format!("the publication of {}", recreation.mother()))?;
    if is_published(versions, &mut transaction)? {
        return Ok(());
    }
    for (unit, staged) in versions {
        staged.check(unit, &mut transaction)?;
        // This also keeps autovacuum away, which would have to be waited for below.
        let staging = Staging::of(&unit.table);
        transaction.batch_execute(&Unit::comment_statement(staging.table()))?;
    }
    replace(recreation, versions, &mut transaction)?;
    for (unit, staged) in versions {
        record(unit, staged.rows, &staged.notices, staged.started, &mut transaction)?;
    }
    interrupt::check()?;
    for (unit, staged) in versions {
        let installed = staged.rejects.install_files(|part| unit.source.open_original(part));
        installed.map_err(|error| error.at(unit.source.place()))?;
    }
    Ok(transaction.commit()?)
}

/// Says on the log that it is done.
pub fn log(recreation: &Recreation) {
    removal::log(&recreation.removal);
}

/// Swaps all tables, and makes the union view again, in tries of limited length.
fn replace(
    recreation: &Recreation,
    versions: &[(&Unit, &Staged)],
    transaction: &mut Transaction<'_>,
) -> Result<()> {
    let staging: Vec<Staging> = versions.iter().map(|(unit, _)| Staging::of(&unit.table)).collect();
    lock::lock_in_tries(transaction, removal::PATIENCE, recreation.mother().name(), |attempt| {
        let turn = Turn::begin();
        let has_view =
            removal::lock(&recreation.removal, &turn, true, staging.iter().map(Staging::table), attempt)?;
        removal::execute(&recreation.removal, has_view, attempt)?;
        create(&recreation.creation, attempt)?;
        for ((unit, _), staging) in versions.iter().zip(&staging) {
            let (rename, inherit) = (rename_statement(staging.table(), unit), unit.inherit_statement());
            removal::execute_statement(attempt, &format!("{rename}; {inherit}"))?;
        }
        match versions.first() {
            Some((unit, _)) => unit.view.follow(None, attempt),
            None => Ok(()),
        }
    })
    .map_err(removal::in_the_way)
}

/// Creates a mother, and records that.
///
/// # Errors
/// What the server reports.
pub fn create(creation: &Creation, transaction: &mut Transaction<'_>) -> Result<()> {
    removal::execute_statement(transaction, &creation.statement)?;
    loads::mothers::record(transaction, &creation.mother)
}

/// Whether the version tables are the tables that were staged.
fn is_published(versions: &[(&Unit, &Staged)], transaction: &mut Transaction<'_>) -> Result<bool> {
    for (unit, staged) in versions {
        if !staged.is(&unit.table, transaction)? {
            return Ok(false);
        }
    }
    Ok(true)
}
