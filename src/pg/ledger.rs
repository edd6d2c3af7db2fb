//! The ledger: what was loaded, from what, when; in schema `pghaul` of the target database.

use crate::Result;
use postgres::{Client, Transaction};
use serde_json::Value;
use std::collections::HashMap;

/// The key of the advisory lock that serialises changes of mothers and of the ledger's tables.
const SETUP_LOCK: &str = "pghaul: setup";

/// What the ledger knows of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The mother table.
    pub mother: String,
    /// What the rows were made of.
    pub fingerprint: Value,
}

/// One load, to be recorded in the transaction that publishes it.
#[derive(Debug)]
pub struct Load<'l> {
    /// The schema of the version table.
    pub schema: &'l str,
    /// The version table.
    pub unit: &'l str,
    /// Its mother.
    pub mother: &'l str,
    /// The dump's file name.
    pub dump: &'l str,
    /// The data file's name in the dump.
    pub data_file: &'l str,
    /// What the rows were made of.
    pub fingerprint: &'l Value,
    /// Rows loaded.
    pub rows: u64,
    /// Size of the inflated data file, bytes.
    pub bytes: u64,
    /// Time since the load began, seconds.
    pub seconds: f64,
}

/// Does what looks at mothers and then changes them, while every other run's set-up waits: what was looked at is still
/// so when it is changed. The lock is the session's, since a type that the server does not know would end a
/// transaction; it goes with the connection when `work` fails.
///
/// # Errors
/// What the server or `work` reports.
pub fn exclusively<T>(client: &mut Client, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
    let key = "hashtextextended($1, 0)";
    let sql = format!("SELECT pg_try_advisory_lock({key})");
    let free: bool = client.query_one(&sql, &[&SETUP_LOCK])?.get(0);
    if !free {
        tracing::warn!("another pghaul is at work on the mother tables; waiting for it");
        client.execute(&format!("SELECT pg_advisory_lock({key})"), &[&SETUP_LOCK])?;
    }
    let done = work(client)?;
    client.execute(&format!("SELECT pg_advisory_unlock({key})"), &[&SETUP_LOCK])?;
    Ok(done)
}

/// Creates the ledger if it is missing; within [`exclusively`], since `IF NOT EXISTS` does not wait for another's.
///
/// # Errors
/// What the server reports.
pub fn set_up(transaction: &mut Transaction<'_>) -> Result<()> {
    Ok(transaction.batch_execute(include_str!("../sql/ledger.sql"))?)
}

/// Waits for the advisory lock of that name, which the transaction holds until it ends.
///
/// # Errors
/// What the server reports.
pub fn lock(transaction: &mut Transaction<'_>, name: &str) -> Result<()> {
    let key = "hashtextextended($1, 0)";
    let free: bool =
        transaction.query_one(&format!("SELECT pg_try_advisory_xact_lock({key})"), &[&name])?.get(0);
    if !free {
        tracing::warn!("another pghaul is at work on {name}; waiting for it");
        transaction.execute(&format!("SELECT pg_advisory_xact_lock({key})"), &[&name])?;
    }
    Ok(())
}

/// All entries of a schema, by unit.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn entries(client: &mut Client, schema: &str) -> Result<HashMap<String, Entry>> {
    let rows = client.query(
        "SELECT unit, mother, fingerprint::text FROM pghaul.loads WHERE schema_name = $1",
        &[&schema],
    )?;
    let entry = |mother, text: String| Entry { mother, fingerprint: parse(&text) };
    Ok(rows.iter().map(|row| (row.get(0), entry(row.get(1), row.get(2)))).collect())
}

/// One entry, as this transaction sees it.
///
/// # Errors
/// What the server reports.
pub fn entry(transaction: &mut Transaction<'_>, schema: &str, unit: &str) -> Result<Option<Entry>> {
    let row = transaction.query_opt(
        "SELECT mother, fingerprint::text FROM pghaul.loads WHERE schema_name = $1 AND unit = $2",
        &[&schema, &unit],
    )?;
    Ok(row.map(|row| Entry { mother: row.get(0), fingerprint: parse(row.get(1)) }))
}

/// Records a load, in place of an earlier one of the same unit.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, load: &Load<'_>) -> Result<()> {
    transaction.execute(
        include_str!("../sql/ledger_record.sql"),
        &[
            &load.schema,
            &load.unit,
            &load.mother,
            &load.dump,
            &load.data_file,
            &load.fingerprint.to_string(),
            &i64::try_from(load.rows).unwrap_or(i64::MAX),
            &i64::try_from(load.bytes).unwrap_or(i64::MAX),
            &load.seconds,
            &env!("CARGO_PKG_VERSION"),
        ],
    )?;
    Ok(())
}

/// Forgets the loads of these units.
///
/// # Errors
/// What the server reports.
pub fn forget(transaction: &mut Transaction<'_>, schema: &str, units: &[&str]) -> Result<()> {
    transaction
        .execute("DELETE FROM pghaul.loads WHERE schema_name = $1 AND unit = ANY ($2)", &[&schema, &units])?;
    Ok(())
}

/// A fingerprint that another version wrote in a form we do not know equals no fingerprint of ours.
fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
