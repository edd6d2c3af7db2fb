//! Statistics for the planner: of each version table once it is published, and of each mother with all its children. Autovacuum
//! makes none of those with children (PostgreSQL documentation, "Updating Planner Statistics").

use crate::Result;
use crate::ingest::settings::Settings;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::report::{UnitReport, UnitStatus};
use crate::run::interrupt;
use crate::run::workers::side_by_side;
use postgres::Client;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// From this version of the server on, ANALYZE of a mother also analyzes each child by itself, unless ONLY is given.
const RECURSIVE_SINCE: i32 = 180_000;

/// Analyzes each mother that has new rows, several at the same time.
pub fn of_mothers(reports: &[UnitReport], schema: &str, settings: &Settings, database: &Database) {
    let changed: BTreeSet<&str> = reports
        .iter()
        .filter(|report| report.status == UnitStatus::Loaded)
        .filter_map(|report| report.mother.as_deref())
        .collect();
    if changed.is_empty() || interrupt::requested().is_some() {
        return;
    }
    let workers = 0..settings.workers.min(changed.len());
    let left = Mutex::new(changed.into_iter());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    // A connection that fails does not stop the others.
    let analyzed = side_by_side(workers, |_| {
        let mut client = database.connect()?;
        while let Some(name) = next() {
            of_mother(&Qualified::new(schema, name), &mut client)?;
        }
        Ok(())
    });
    for error in analyzed.into_iter().filter_map(Result::err) {
        tracing::warn!("cannot analyze the mother tables: {error}");
    }
}

fn of_mother(mother: &Qualified, client: &mut Client) -> Result<()> {
    let version: i32 = client.query_one("SELECT current_setting('server_version_num')::int", &[])?.get(0);
    match version >= RECURSIVE_SINCE {
        true => lock::analyze_only(client, mother),
        false => lock::analyze(client, mother),
    }
}
