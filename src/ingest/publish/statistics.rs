//! Statistics for the planner: of each version table once it is published, and of each mother with all its children, which
//! is what no autovacuum does (PostgreSQL documentation, "Updating Planner Statistics").

use crate::Result;
use crate::ingest::settings::Settings;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::report::{UnitReport, UnitStatus};
use crate::run::{interrupt, workers};
use postgres::Client;
use std::collections::BTreeSet;

/// From this version on, ANALYZE of a mother also analyzes each child by itself, unless told ONLY.
const RECURSIVE_SINCE: i32 = 180_000;

/// Of a version table. The rows are there without statistics too, so that a failure is a warning.
pub fn of_version(table: &Qualified, client: &mut Client) {
    if let Err(error) = lock::analyze(client, &table.to_string()) {
        tracing::warn!("cannot analyze {table}: {error}");
    }
}

/// Of each mother that has new rows, some at the same time.
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
    let analyzed =
        workers::share("worker", changed.into_iter().collect(), workers.map(|_| None), |client, name| {
            let client = match client {
                Some(client) => client,
                None => client.insert(database.connect()?),
            };
            of_mother(&Qualified::new(schema, name), client)
        });
    if let Err(error) = analyzed {
        tracing::warn!("cannot analyze the mother tables: {error}");
    }
}

fn of_mother(mother: &Qualified, client: &mut Client) -> Result<()> {
    let version: i32 = client.query_one("SELECT current_setting('server_version_num')::int", &[])?.get(0);
    let only = if version >= RECURSIVE_SINCE { "ONLY " } else { "" };
    lock::analyze(client, &format!("{only}{mother}"))
}
