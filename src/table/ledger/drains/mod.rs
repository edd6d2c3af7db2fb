//! The ledger of `drain`: a row per published batch, and one per job that watches. A batch is removed from Redis only after
//! its row is committed.

use super::{bigint, setup};
use crate::Result;
use crate::pg::ident::Qualified;
use postgres::{Client, GenericClient, Transaction};
use serde_json::{Map, Value};

/// The lock by which runs wait for each other that create these tables.
const SETUP_LOCK: &str = "the ledger of drains";

/// A batch, for the row that its publication writes.
#[derive(Debug)]
pub struct BatchRecord<'d> {
    /// Its name in Redis.
    pub batch: &'d str,
    /// The job in the configuration.
    pub job: &'d str,
    /// The Redis or the gateway.
    pub source: &'d str,
    /// The replica.
    pub replica: &'d str,
    /// The table.
    pub table: &'d Qualified,
    /// The table's columns that the rows have, with their types.
    pub columns: Map<String, Value>,
    /// Rows loaded.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Size of ids and rows, in bytes.
    pub bytes: u64,
    /// Time since it began, in seconds.
    pub seconds: f64,
}

/// The work of a job that watches, since it began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watched {
    /// Batches published.
    pub batches: u64,
    /// Rows in them.
    pub rows: u64,
}

/// Creates the tables where they are missing, and the ledger where that is.
///
/// # Errors
/// A missing right; what the server reports.
pub fn set_up(client: &mut Client) -> Result<()> {
    setup::set_up_once(client, SETUP_LOCK, "drains", |transaction| {
        setup::set_up(transaction)?;
        Ok(transaction.batch_execute(include_str!("tables.sql"))?)
    })
}

/// Whether a batch is published.
///
/// # Errors
/// What the server reports.
pub fn is_published(client: &mut impl GenericClient, batch: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM pghaul.drains WHERE batch = $1)";
    Ok(client.query_one(sql, &[&batch])?.get(0))
}

/// Records a batch. Another transaction that publishes the same batch waits here, and then fails.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, drain: &BatchRecord<'_>) -> Result<()> {
    transaction.execute(
        include_str!("record.sql"),
        &[
            &drain.batch,
            &drain.job,
            &drain.source,
            &drain.replica,
            &drain.table.schema(),
            &drain.table.name(),
            &Value::from(drain.columns.clone()).to_string(),
            &bigint(drain.rows),
            &bigint(drain.rejected),
            &bigint(drain.bytes),
            &drain.seconds,
            &env!("CARGO_PKG_VERSION"),
        ],
    )?;
    Ok(())
}

/// Records that a job that watches is alive.
///
/// # Errors
/// What the server reports.
pub fn beat(client: &mut Client, job: &str, watched: Watched) -> Result<()> {
    let host = nix::unistd::gethostname().ok().and_then(|host| host.into_string().ok()).unwrap_or_default();
    client.execute(
        include_str!("beat.sql"),
        &[&job, &host, &i64::from(std::process::id()), &bigint(watched.batches), &bigint(watched.rows)],
    )?;
    Ok(())
}
