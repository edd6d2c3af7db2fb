//! The ledger of `ingest`: a row per version table, and one per mother that pghaul created.

pub mod mothers;
pub mod shapes;
pub mod status;

use super::bigint;
use crate::Result;
use crate::pg::ident::Qualified;
use postgres::{Client, Row, Transaction};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The ledger's row of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The mother table.
    pub mother: String,
    /// The application of the dump.
    pub app: String,
    /// The version of the application.
    pub version: String,
    /// The sources of the rows. Equal fingerprints make equal rows.
    pub fingerprint: Value,
    /// Rows loaded.
    pub rows: u64,
}

/// A load, for the row that its publication writes.
#[derive(Debug)]
pub struct LoadRecord<'l> {
    /// The schema of the version table.
    pub schema: &'l str,
    /// The version table.
    pub unit: &'l str,
    /// Its mother.
    pub mother: &'l str,
    /// The application of the dump.
    pub app: &'l str,
    /// The version of the application.
    pub version: &'l str,
    /// The dump's file name.
    pub dump: &'l str,
    /// The data file's name in the dump.
    pub data_file: &'l str,
    /// The sources of the rows.
    pub fingerprint: &'l Value,
    /// Rows loaded.
    pub rows: u64,
    /// Of each column that has adjusted values, their number.
    pub adjusted: &'l BTreeMap<String, u64>,
    /// Size of the inflated data file, in bytes.
    pub bytes: u64,
    /// Time since the load began, in seconds.
    pub seconds: f64,
}

/// All entries of a schema, by unit.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn entries(client: &mut Client, schema: &str) -> Result<HashMap<String, Entry>> {
    let sql =
        "SELECT mother, app, version, fingerprint::text, rows, unit FROM pghaul.loads WHERE schema_name = $1";
    let rows = client.query(sql, &[&schema])?;
    Ok(rows.iter().map(|row| (row.get("unit"), entry_of(row))).collect())
}

/// One entry, as this transaction sees it.
///
/// # Errors
/// What the server reports.
pub fn entry(transaction: &mut Transaction<'_>, schema: &str, unit: &str) -> Result<Option<Entry>> {
    let sql = "SELECT mother, app, version, fingerprint::text, rows FROM pghaul.loads \
               WHERE schema_name = $1 AND unit = $2";
    Ok(transaction.query_opt(sql, &[&schema, &unit])?.as_ref().map(entry_of))
}

fn entry_of(row: &Row) -> Entry {
    let fingerprint: &str = row.get("fingerprint");
    Entry {
        mother: row.get("mother"),
        app: row.get("app"),
        version: row.get("version"),
        // A fingerprint in a form that this version does not know equals none of its own.
        fingerprint: serde_json::from_str(fingerprint).unwrap_or(Value::Null),
        rows: u64::try_from(row.get::<_, i64>("rows")).unwrap_or(0),
    }
}

/// Of the loads into a schema other than `units`, those whose table was unlogged and was emptied by a crash of the server: each
/// with the name of its dump.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn emptied(client: &mut Client, schema: &str, units: &[&str]) -> Result<Vec<(String, String)>> {
    let rows = client.query(include_str!("emptied.sql"), &[&schema, &units])?;
    Ok(rows.iter().map(|row| (row.get("unit"), row.get("dump"))).collect())
}

/// Records a load, in place of an earlier one of the same unit.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, load: &LoadRecord<'_>) -> Result<()> {
    transaction.execute(
        include_str!("record.sql"),
        &[
            &load.schema,
            &load.unit,
            &load.mother,
            &load.app,
            &load.version,
            &load.dump,
            &load.data_file,
            &load.fingerprint.to_string(),
            &bigint(load.rows),
            &bigint(load.bytes),
            &load.seconds,
            &env!("CARGO_PKG_VERSION"),
            &serde_json::json!(load.adjusted).to_string(),
        ],
    )?;
    Ok(())
}

/// Records that a load, which has the fingerprint `before`, would now have the fingerprint `after`.
///
/// # Errors
/// What the server reports.
pub fn change_fingerprint(
    transaction: &mut Transaction<'_>,
    schema: &str,
    unit: &str,
    before: &Value,
    after: &Value,
) -> Result<()> {
    let sql = "UPDATE pghaul.loads SET fingerprint = $4::text::jsonb \
               WHERE schema_name = $1 AND unit = $2 AND fingerprint = $3::text::jsonb";
    transaction.execute(sql, &[&schema, &unit, &before.to_string(), &after.to_string()])?;
    Ok(())
}

/// Whether a version of the mother was loaded since the statements that follow the load were last begun. It is true where the
/// ledger is of an earlier version, which cannot tell.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn after_is_due(client: &mut Client, mother: &Qualified) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM pghaul.loads l WHERE schema_name = $1 AND mother = $2 \
               AND coalesce((to_jsonb(l) ->> 'after_at')::timestamptz < finished_at, true))";
    Ok(client.query_one(sql, &[&mother.schema(), &mother.name()])?.get(0))
}

/// The server's time, as text.
///
/// # Errors
/// What the server reports.
pub fn server_time(client: &mut Client) -> Result<String> {
    Ok(client.query_one("SELECT clock_timestamp()::text", &[])?.get(0))
}

/// Records that the statements that follow the load have been executed. They were begun at the time `begun`, as [`server_time`] gives
/// it.
///
/// # Errors
/// What the server reports.
pub fn record_after(client: &mut Client, mother: &Qualified, begun: &str) -> Result<()> {
    let sql =
        "UPDATE pghaul.loads SET after_at = $3::text::timestamptz WHERE schema_name = $1 AND mother = $2";
    client.execute(sql, &[&mother.schema(), &mother.name(), &begun])?;
    Ok(())
}
