//! A unit whose mother is recreated: its rows wait in a staging table until the mother's other versions are loaded.

use super::mother_lock;
use super::publication::Loaded;
use crate::copy::notices::Counts;
use crate::copy::rejects::lines::Rejects;
use crate::ingest::plan::action::Action;
use crate::ingest::plan::unit::Unit;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::table::staging::Staging;
use crate::{Error, Result};
use postgres::{Client, Transaction};
use std::time::Instant;

/// A unit that is complete in its staging table.
#[derive(Debug)]
pub struct Staged {
    /// Rows that the server counted.
    pub rows: u64,
    /// Its rejects.
    pub rejects: Rejects,
    /// What else was noted about its values.
    pub notices: Counts,
    /// When its load began.
    pub started: Instant,
    /// `pg_class.oid` of the table: another table of its name is not ours.
    pub oid: u32,
}

impl Staged {
    /// Checks that the table still exists, with its rows.
    ///
    /// # Errors
    /// A table that was dropped, or that was unlogged when the server crashed; what the server reports.
    pub fn check(&self, unit: &Unit, transaction: &mut Transaction<'_>) -> Result<()> {
        let staging = Staging::of(&unit.table);
        if self.is(staging.table(), transaction)? {
            return Ok(());
        }
        let what = "which held its rows until they could be published, was dropped or emptied";
        Err(Error::failed(format!("{}, {what}", staging.table())).at(unit.source.place()).remedy("run again"))
    }

    /// Whether a table is the one that was filled, and has its rows: a crash of the server empties unlogged tables.
    ///
    /// # Errors
    /// What the server reports.
    pub fn is(&self, table: &Qualified, transaction: &mut Transaction<'_>) -> Result<bool> {
        let sql = "SELECT count(*) = 1 FROM pg_class WHERE oid = to_regclass($1) AND oid = $2 \
                   AND ($3 OR relpersistence <> 'u' OR pg_relation_size(oid) > 0)";
        Ok(transaction.query_one(sql, &[&table.to_string(), &self.oid, &(self.rows == 0)])?.get(0))
    }

    /// What to report when it is published.
    pub fn loaded(&self, unit: &Unit, verified: bool) -> Loaded {
        let (rejected, bytes) = (self.rejects.count(), unit.source.bytes);
        Loaded { rows: self.rows, rejected, notices: self.notices.clone(), bytes, verified }
    }

    /// Drops the table of `unit`, which will not be published.
    pub fn discard(unit: &Unit, client: &mut Client) {
        let staging = Staging::of(&unit.table);
        // A cancellation that was meant for the statement before may hit the first question.
        match staging.is_ours(client).or_else(|_| staging.is_ours(client)) {
            Ok(true) => staging.discard(client),
            Ok(false) => {}
            Err(error) => tracing::warn!(
                "the table {} may be left over, and goes with the next run: {error}",
                staging.table()
            ),
        }
    }
}

/// Drops the staging tables that killed runs have left of versions that are up to date: no load will drop them. Tables that
/// another run is at work on stay. A failure is a warning.
pub fn remove_leftovers(units: &[Unit], client: &mut Client) {
    let Some(schema) = units.first().map(|unit| unit.table.schema()) else { return };
    let removed = Staging::names(client, schema).and_then(|names| {
        let is_left = |unit: &&Unit| {
            unit.action == Action::Skip
                && names.iter().any(|name| name == Staging::of(&unit.table).table().name())
        };
        units.iter().filter(is_left).try_for_each(|unit| remove_leftover(unit, client))
    });
    if let Err(error) = removed {
        tracing::warn!("cannot remove what earlier runs have left: {error}");
    }
}

fn remove_leftover(unit: &Unit, client: &mut Client) -> Result<()> {
    let mut transaction = client.transaction()?;
    if lock::try_shared_until_commit(&mut transaction, &mother_lock::name(&unit.mother))?
        && lock::try_until_commit(&mut transaction, &unit.table.to_string())?
    {
        Staging::of(&unit.table).remove_leftover(&mut transaction)?;
    }
    Ok(transaction.commit()?)
}
