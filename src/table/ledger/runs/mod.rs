//! The history: the runs of all jobs, and what each has made of its units. It is written when a run ends, failed and
//! interrupted ones too, and tells nothing that a load depends on.

mod last_loads;

pub use last_loads::last_loads;

use super::{SCHEMA, setup};
use crate::Result;
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use postgres::{Client, Row};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// The lock by which runs wait for each other that create these tables.
const SETUP_LOCK: &str = "the history of the ledger";

/// How long the readers of a history of an earlier version are waited for, before what it lacks is added.
const UPGRADE_PATIENCE: Duration = Duration::from_secs(30);

/// A run that has ended.
#[derive(Debug)]
pub struct EndedRun<'r> {
    /// Its report, as JSON.
    pub report: &'r str,
    /// The job, or the jobs, of the configuration.
    pub job: Option<&'r str>,
    /// Its exit code.
    pub exit_code: u8,
    /// Whether it has touched a table of the database.
    pub has_touched: bool,
}

/// A run, as it is in the history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields are those of the report, and its totals")]
pub struct RunRecord {
    pub run: i64,
    pub command: String,
    pub job: Option<String>,
    pub status: String,
    pub exit_code: i32,
    pub started_at: String,
    pub seconds: f64,
    pub units: i64,
    pub loaded: i64,
    pub unchanged: i64,
    pub failed: i64,
    pub refused: i64,
    pub not_loaded: i64,
    pub rows_read: i64,
    pub rows_loaded: i64,
    pub rows_rejected: i64,
    pub adjusted: i64,
    pub bytes_read: i64,
    pub error: Option<String>,
    pub client_version: String,
}

/// What a run has made of a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs, reason = "the fields are those of the report's units")]
pub struct UnitRecord {
    pub run: i64,
    pub command: String,
    pub started_at: String,
    pub source: String,
    pub mother: Option<String>,
    pub status: String,
    pub rows_read: i64,
    pub rows_loaded: i64,
    pub rows_rejected: i64,
    pub adjusted: Value,
    pub bytes_read: i64,
    pub seconds: f64,
    pub error: Option<String>,
    pub guards: Value,
}

/// Records a run, and forgets those that began longer than `keep` ago. A run that has touched nothing makes no ledger.
///
/// # Errors
/// A missing right; what the server reports.
pub fn record(client: &mut Client, ended: &EndedRun<'_>, keep: Duration) -> Result<()> {
    match record_once(client, ended, keep) {
        // The signal that has stopped the run may cancel a statement here, too, but only one.
        Err(error) if SqlState::from(&error) == SqlState::Cancelled => record_once(client, ended, keep),
        recorded => recorded,
    }
}

fn record_once(client: &mut Client, ended: &EndedRun<'_>, keep: Duration) -> Result<()> {
    if !ended.has_touched {
        let sql = "SELECT to_regnamespace($1) IS NOT NULL";
        if !client.query_one(sql, &[&SCHEMA])?.get::<_, bool>(0) {
            return Ok(());
        }
    }
    setup::set_up_once(client, SETUP_LOCK, "history.guards", |transaction| {
        setup::create_schema(transaction)?;
        transaction.batch_execute(include_str!("tables.sql"))?;
        lock::execute_in_tries(transaction, UPGRADE_PATIENCE, "the history", include_str!("upgrade.sql"))
    })?;
    let exit_code = i32::from(ended.exit_code);
    let version = env!("CARGO_PKG_VERSION");
    client.execute(
        include_str!("record.sql"),
        &[&ended.report, &ended.job, &exit_code, &version, &keep.as_secs_f64()],
    )?;
    Ok(())
}

/// The last runs, the newest one first; none where there is no history.
///
/// # Errors
/// A lost connection; a missing right.
pub fn last(client: &mut Client, most: i64) -> Result<Vec<RunRecord>> {
    if !setup::has_table(client, "runs")? {
        return Ok(Vec::new());
    }
    client.query(include_str!("list.sql"), &[&most])?.iter().map(run_of).collect()
}

/// What the last runs have made of a unit, the newest one first; none where there is no history.
///
/// # Errors
/// A lost connection; a missing right.
pub fn of_unit(client: &mut Client, unit: &str, most: i64) -> Result<Vec<UnitRecord>> {
    if !setup::has_table(client, "history")? {
        return Ok(Vec::new());
    }
    client.query(include_str!("of_unit.sql"), &[&unit, &most])?.iter().map(unit_of).collect()
}

fn run_of(row: &Row) -> Result<RunRecord> {
    Ok(RunRecord {
        run: row.try_get(0)?,
        command: row.try_get(1)?,
        job: row.try_get(2)?,
        status: row.try_get(3)?,
        exit_code: row.try_get(4)?,
        started_at: row.try_get(5)?,
        seconds: row.try_get(6)?,
        units: row.try_get(7)?,
        loaded: row.try_get(8)?,
        unchanged: row.try_get(9)?,
        failed: row.try_get(10)?,
        refused: row.try_get(11)?,
        not_loaded: row.try_get(12)?,
        rows_read: row.try_get(13)?,
        rows_loaded: row.try_get(14)?,
        rows_rejected: row.try_get(15)?,
        adjusted: row.try_get(16)?,
        bytes_read: row.try_get(17)?,
        error: row.try_get(18)?,
        client_version: row.try_get(19)?,
    })
}

fn unit_of(row: &Row) -> Result<UnitRecord> {
    let (adjusted, guards): (String, String) = (row.try_get(9)?, row.try_get(13)?);
    Ok(UnitRecord {
        run: row.try_get(0)?,
        command: row.try_get(1)?,
        started_at: row.try_get(2)?,
        source: row.try_get(3)?,
        mother: row.try_get(4)?,
        status: row.try_get(5)?,
        rows_read: row.try_get(6)?,
        rows_loaded: row.try_get(7)?,
        rows_rejected: row.try_get(8)?,
        adjusted: serde_json::from_str(&adjusted).unwrap_or_default(),
        bytes_read: row.try_get(10)?,
        seconds: row.try_get(11)?,
        error: row.try_get(12)?,
        guards: serde_json::from_str(&guards).unwrap_or_default(),
    })
}
