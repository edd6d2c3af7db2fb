//! Statistics for the planner: of each version table once it is published, and of each mother with all its children. Autovacuum
//! makes none of those with children (PostgreSQL documentation, "Updating Planner Statistics").

use crate::Result;
use crate::ingest::settings::Settings;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::report::{UnitReport, UnitStatus};
use crate::run::interrupt;
use crossbeam_channel::bounded;
use postgres::Client;
use std::collections::BTreeSet;

/// From this version of the server on, ANALYZE of a mother also analyzes each child by itself, unless ONLY is given.
const RECURSIVE_SINCE: i32 = 180_000;

/// Analyzes a version table. A failure is a warning: the rows are there without statistics too.
pub fn of_version(table: &Qualified, client: &mut Client) {
    if let Err(error) = lock::analyze(client, &table.to_string()) {
        tracing::warn!("cannot analyze {table}: {error}");
    }
}

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
    let (send, next) = bounded(changed.len());
    for name in &changed {
        // The channel has room for all of them, and its receiver is right here.
        let _ = send.send(*name);
    }
    drop(send);
    std::thread::scope(|scope| {
        for _ in 0..settings.workers.min(changed.len()) {
            let next = next.clone();
            scope.spawn(move || {
                let analyzed = database.connect().and_then(|mut client| {
                    next.iter().try_for_each(|name| of_mother(&Qualified::new(schema, name), &mut client))
                });
                if let Err(error) = analyzed {
                    tracing::warn!("cannot analyze the mother tables: {error}");
                }
            });
        }
    });
}

fn of_mother(mother: &Qualified, client: &mut Client) -> Result<()> {
    let version: i32 = client.query_one("SELECT current_setting('server_version_num')::int", &[])?.get(0);
    let only = if version >= RECURSIVE_SINCE { "ONLY " } else { "" };
    lock::analyze(client, &format!("{only}{mother}"))
}
