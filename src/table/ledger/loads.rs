//! The ledger: what was loaded, from what, when; in schema `pghaul` of the target database.

use crate::Result;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use postgres::{Client, Row, Transaction};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How long those who use a ledger of an earlier version are waited for: a run has read it that loads one large unit.
const UPGRADE_PATIENCE: Duration = Duration::from_secs(30);

/// What the ledger knows of a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The mother table.
    pub mother: String,
    /// The application that the dump is of.
    pub app: String,
    /// The version of the application.
    pub version: String,
    /// What the rows were made of.
    pub fingerprint: Value,
    /// Rows loaded.
    pub rows: u64,
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
    /// The application that the dump is of.
    pub app: &'l str,
    /// The version of the application.
    pub version: &'l str,
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

/// Creates the ledger if it is missing, and adds what one of an earlier version lacks; within
/// [`crate::pg::lock::exclusively`], since `IF NOT EXISTS` does not wait for another's.
///
/// # Errors
/// What the server reports.
pub fn set_up(transaction: &mut Transaction<'_>) -> Result<()> {
    // Not `IF NOT EXISTS`: that asks for the right to create a schema even where it exists.
    let sql = "SELECT to_regnamespace('pghaul') IS NULL, to_regclass('pghaul.loads') IS NULL, \
               (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('pghaul.loads') \
                AND attname IN ('status', 'after_at') AND NOT attisdropped) = 2";
    let row = transaction.query_one(sql, &[])?;
    if row.get(0) {
        transaction.batch_execute("CREATE SCHEMA pghaul")?;
    }
    if row.get(1) {
        transaction.batch_execute(include_str!("loads.sql"))?;
    } else if !row.get::<_, bool>(2) {
        upgrade(transaction)?;
    }
    Ok(())
}

/// Has a job's own tables of the ledger made by `create`, in one transaction, unless the query `is_there` says that they are.
/// Of those who miss them at the same time, and know each other by `lock`, one makes them.
///
/// # Errors
/// A missing right; what the server reports.
pub fn set_up_once(
    client: &mut Client,
    lock: &str,
    is_there: &str,
    create: impl FnOnce(&mut Transaction<'_>) -> Result<()>,
) -> Result<()> {
    if client.query_one(is_there, &[])?.get(0) {
        return Ok(());
    }
    lock::exclusively(client, lock, |client| {
        let mut transaction = client.transaction()?;
        if !transaction.query_one(is_there, &[])?.get::<_, bool>(0) {
            create(&mut transaction)?;
        }
        Ok(transaction.commit()?)
    })
}

fn upgrade(transaction: &mut Transaction<'_>) -> Result<()> {
    let statement = include_str!("upgrade.sql");
    tracing::info!("the ledger is of an earlier version; adding what it lacks");
    lock::patiently(transaction, UPGRADE_PATIENCE, "the ledger", statement).map_err(|error| {
        match SqlState::from(&error) {
            SqlState::NoRight => {
                error.remedy("the ledger must be upgraded: let its owner load once with this version")
            }
            SqlState::LockTimeout => {
                error.remedy("another run is using the ledger; run again when it is done")
            }
            _ => error,
        }
    })
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
        // One that another version wrote in a form we do not know equals none of ours.
        fingerprint: serde_json::from_str(fingerprint).unwrap_or(Value::Null),
        rows: u64::try_from(row.get::<_, i64>("rows")).unwrap_or(0),
    }
}

/// Records a load, in place of an earlier one of the same unit.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, load: &Load<'_>) -> Result<()> {
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
            &i64::try_from(load.rows).unwrap_or(i64::MAX),
            &i64::try_from(load.bytes).unwrap_or(i64::MAX),
            &load.seconds,
            &env!("CARGO_PKG_VERSION"),
        ],
    )?;
    Ok(())
}

/// The mothers of a schema that pghaul created.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn mothers(client: &mut Client, schema: &str) -> Result<HashSet<String>> {
    let rows = client.query("SELECT mother FROM pghaul.mothers WHERE schema_name = $1", &[&schema])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Records that a mother was created.
///
/// # Errors
/// What the server reports.
pub fn record_mother(transaction: &mut Transaction<'_>, mother: &Qualified) -> Result<()> {
    // A table that was dropped by hand has left its row.
    let sql = "INSERT INTO pghaul.mothers (schema_name, mother) VALUES ($1, $2) \
               ON CONFLICT (schema_name, mother) DO UPDATE SET created_at = excluded.created_at";
    transaction.execute(sql, &[&mother.schema(), &mother.name()])?;
    Ok(())
}

/// Whether a version of the mother was loaded since the statements that follow the load were last begun. A ledger of an
/// earlier version cannot tell.
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
pub fn now(client: &mut Client) -> Result<String> {
    Ok(client.query_one("SELECT clock_timestamp()::text", &[])?.get(0))
}

/// Records that the statements that follow the load have been run, which were begun at that time.
///
/// # Errors
/// What the server reports.
pub fn record_after(client: &mut Client, mother: &Qualified, begun: &str) -> Result<()> {
    let sql =
        "UPDATE pghaul.loads SET after_at = $3::text::timestamptz WHERE schema_name = $1 AND mother = $2";
    client.execute(sql, &[&mother.schema(), &mother.name(), &begun])?;
    Ok(())
}

/// Forgets a mother and the loads of her version tables.
///
/// # Errors
/// What the server reports.
pub fn forget_mother(
    transaction: &mut Transaction<'_>,
    mother: &Qualified,
    children: &[Qualified],
) -> Result<()> {
    let units: Vec<&str> = children.iter().map(Qualified::name).collect();
    let loads = "DELETE FROM pghaul.loads WHERE schema_name = $1 AND unit = ANY ($2)";
    transaction.execute(loads, &[&mother.schema(), &units])?;
    let mothers = "DELETE FROM pghaul.mothers WHERE schema_name = $1 AND mother = $2";
    transaction.execute(mothers, &[&mother.schema(), &mother.name()])?;
    Ok(())
}
