//! The ledger of drained batches: which were published. A batch is removed from Redis only when its row here is committed.

use super::{bigint, setup};
use crate::Result;
use crate::pg::ident::Qualified;
use postgres::{Client, GenericClient, Transaction};
use serde_json::{Map, Value};

/// The lock of those who create these tables.
const SETUP_LOCK: &str = "the ledger of drains";

/// One batch, to be recorded in the transaction that publishes it.
#[derive(Debug)]
pub struct Drain<'d> {
    /// The name that it has in Redis.
    pub batch: &'d str,
    /// The job in the configuration.
    pub job: &'d str,
    /// The Redis or gateway.
    pub source: &'d str,
    /// The replica.
    pub replica: &'d str,
    /// The table.
    pub table: &'d Qualified,
    /// Its columns that the rows have, with their types.
    pub columns: Map<String, Value>,
    /// Rows loaded.
    pub rows: u64,
    /// Rows put aside.
    pub rejected: u64,
    /// Bytes of ids and rows.
    pub bytes: u64,
    /// Time since it began, seconds.
    pub seconds: f64,
}

/// What a job that watches has done since it began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watched {
    /// Batches published.
    pub batches: u64,
    /// Rows in them.
    pub rows: u64,
}

/// Creates what is missing of the ledger.
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

/// Records a batch. Another transaction that publishes the same one waits here, and fails.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, drain: &Drain<'_>) -> Result<()> {
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

/// A job that watches is alive.
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
