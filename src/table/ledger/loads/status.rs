//! What `pghaul status` shows: every load, and the state of its version table now.

use crate::pg::sqlstate::SqlState;
use crate::pg::trust;
use crate::table::ledger::{SCHEMA, setup};
use crate::{Error, Result};
use postgres::{Client, Row};
use serde::Serialize;
use serde_json::Value;

/// The state of a version table that was unlogged when the server crashed.
pub const EMPTIED: &str = "emptied";

/// One load and its version table. `--json` has these names.
#[derive(Debug, Serialize)]
pub struct LoadStatus {
    /// The schema of mother and version table.
    pub schema: String,
    /// The version table.
    pub unit: String,
    /// Its mother.
    pub mother: String,
    /// The application of the dump.
    pub app: String,
    /// The version of the application.
    pub version: String,
    /// The dump's file name.
    pub dump: String,
    /// The data file's name in the dump.
    pub data_file: String,
    /// The sources of the rows.
    pub fingerprint: Value,
    /// Rows loaded.
    pub rows: i64,
    /// Of each column that has adjusted values, their number.
    pub adjusted: Value,
    /// Size of the inflated data file, in bytes.
    pub bytes: i64,
    /// When the load began, RFC 3339 in UTC.
    pub started_at: String,
    /// When it was published, RFC 3339 in UTC.
    pub finished_at: String,
    /// The time between, in seconds.
    pub seconds: f64,
    /// The version of the pghaul that loaded it.
    pub client_version: String,
    /// How the load ended.
    pub status: String,
    /// The state of the version table now: `attached`; or `missing`, `detached`, `emptied`, which the next run repairs.
    pub now: String,
}

/// All loads, sorted by schema, mother and unit; none where there is no ledger.
///
/// # Errors
/// A ledger that this role may not read; what the server reports.
pub fn all(client: &mut Client) -> Result<Option<Vec<LoadStatus>>> {
    if !setup::has_table(client, "loads")? {
        return Ok(None);
    }
    trust::check_schema(client, SCHEMA)?;
    let rows = client.query(include_str!("status.sql"), &[]).map_err(|error| {
        let error = Error::from(error);
        match SqlState::from(&error) {
            SqlState::NoRight => error.remedy(
                "have the ledger's owner run: GRANT USAGE ON SCHEMA pghaul TO …; \
                 GRANT SELECT ON pghaul.loads TO …",
            ),
            _ => error,
        }
    })?;
    Ok(Some(rows.iter().map(load_of).collect()))
}

fn load_of(row: &Row) -> LoadStatus {
    let [fingerprint, adjusted]: [&str; 2] = ["fingerprint", "adjusted"].map(|column| row.get(column));
    LoadStatus {
        schema: row.get("schema"),
        unit: row.get("unit"),
        mother: row.get("mother"),
        app: row.get("app"),
        version: row.get("version"),
        dump: row.get("dump"),
        data_file: row.get("data_file"),
        fingerprint: serde_json::from_str(fingerprint).unwrap_or(Value::Null),
        rows: row.get("rows"),
        adjusted: serde_json::from_str(adjusted).unwrap_or(Value::Null),
        bytes: row.get("bytes"),
        started_at: row.get("started_at"),
        finished_at: row.get("finished_at"),
        seconds: row.get("seconds"),
        client_version: row.get("client_version"),
        status: row.get("status"),
        now: row.get("now"),
    }
}
