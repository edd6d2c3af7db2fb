//! What was fetched: a row per request, written with its rows, so that a run that is resumed repeats only what is missing.

use super::requests::{Request, RequestId};
use super::secrets::Secrets;
use crate::Result;
use crate::config::Mode;
use crate::table::ledger::loads;
use postgres::{Client, GenericClient, Transaction};
use std::collections::HashMap;

/// The lock of who creates the tables.
const SETUP_LOCK: &str = "the ledger of fetch";

/// A request that is done, or has failed for good.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The request.
    pub request: Request,
    /// The HTTP status, where there was a response.
    pub http_status: Option<u16>,
    /// Rows that were copied.
    pub rows: u64,
    /// Rows that were put aside.
    pub rejected: u64,
    /// Size of the body, inflated.
    pub bytes: u64,
    /// The URL of the next page.
    pub next: Option<String>,
    /// Why it has failed.
    pub error: Option<String>,
    /// How the body begins, of one that has failed.
    pub body_start: Option<String>,
    /// How long it took, from its first try on, seconds.
    pub seconds: f64,
}

/// How far an earlier run has got with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The last page whose rows are there.
    pub page: u32,
    /// Rows up to there.
    pub rows: u64,
    /// The page that follows; none where all are there.
    pub next: Option<String>,
}

/// How the last run of a job has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// Its table.
    pub target: String,
    /// Its mode.
    pub mode: String,
    /// `running`, `published` or `failed`.
    pub status: String,
}

/// Creates the tables where they are missing.
///
/// # Errors
/// What the server reports.
pub fn set_up(client: &mut Client) -> Result<()> {
    let exists = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                  WHERE n.nspname = 'pghaul' AND c.relname = 'fetches')";
    loads::set_up_once(client, SETUP_LOCK, exists, |transaction| {
        Ok(transaction.batch_execute(include_str!("../table/ledger/fetches.sql"))?)
    })
}

/// How the last run of a job has ended.
///
/// # Errors
/// What the server reports.
pub fn last_run(client: &mut Client, job: &str) -> Result<Option<LastRun>> {
    let sql = "SELECT target, mode, status FROM pghaul.fetch_jobs WHERE job = $1";
    let row = client.query_opt(sql, &[&job])?;
    Ok(row.map(|row| LastRun { target: row.get(0), mode: row.get(1), status: row.get(2) }))
}

/// A run begins. Unless it `goes_on`, nothing of the requests of an earlier one is left.
///
/// # Errors
/// What the server reports.
pub fn begin(client: &mut Client, job: &str, target: &str, mode: Mode, goes_on: bool) -> Result<()> {
    let mut transaction = client.transaction()?;
    if !goes_on {
        transaction.execute("DELETE FROM pghaul.fetches WHERE job = $1", &[&job])?;
    }
    transaction.execute(
        "INSERT INTO pghaul.fetch_jobs (job, target, mode, status, client_version) VALUES ($1, $2, $3, 'running', $4) \
         ON CONFLICT (job) DO UPDATE SET target = excluded.target, mode = excluded.mode, status = excluded.status, \
         started_at = excluded.started_at, finished_at = NULL, client_version = excluded.client_version",
        &[&job, &target, &mode.to_string(), &env!("CARGO_PKG_VERSION")],
    )?;
    Ok(transaction.commit()?)
}

/// A run ends; in the transaction that publishes its rows, where there is one.
///
/// # Errors
/// What the server reports.
pub fn end(client: &mut impl GenericClient, job: &str, status: &str) -> Result<()> {
    let sql = "UPDATE pghaul.fetch_jobs SET status = $2, finished_at = clock_timestamp() WHERE job = $1";
    client.execute(sql, &[&job, &status])?;
    Ok(())
}

/// How far an earlier run has got with each request; those that have failed are not among them.
///
/// # Errors
/// What the server reports.
pub fn progress(client: &mut Client, job: &str, secrets: &Secrets) -> Result<HashMap<RequestId, Progress>> {
    let sql = "SELECT DISTINCT ON (request) uuid_send(request), page, rows_before + rows + rows_rejected, next_page \
               FROM pghaul.fetches WHERE job = $1 AND status = 'done' ORDER BY request, page DESC";
    let mut found = HashMap::new();
    for row in client.query(sql, &[&job])? {
        let id: RequestId = row.get::<_, &[u8]>(0).try_into().unwrap_or_default();
        let next: Option<&str> = row.get(3);
        let progress = Progress {
            page: u32::try_from(row.get::<_, i32>(1)).unwrap_or(1),
            rows: u64::try_from(row.get::<_, i64>(2)).unwrap_or(0),
            next: next.map(|next| secrets.restore(next)),
        };
        found.insert(id, progress);
    }
    Ok(found)
}

/// Rows of all requests that are done.
///
/// # Errors
/// What the server reports.
pub fn rows(client: &mut Client, job: &str) -> Result<i64> {
    let sql = "SELECT coalesce(sum(rows), 0)::bigint FROM pghaul.fetches WHERE job = $1 AND status = 'done'";
    Ok(client.query_one(sql, &[&job])?.get(0))
}

/// Records requests.
///
/// # Errors
/// What the server reports.
pub fn record(
    transaction: &mut Transaction<'_>,
    job: &str,
    entries: &[Entry],
    secrets: &Secrets,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let column = |of: &dyn Fn(&Entry) -> i64| -> Vec<i64> { entries.iter().map(of).collect() };
    let text = |of: &dyn Fn(&Entry) -> Option<String>| -> Vec<Option<String>> {
        // A NUL is no text's in PostgreSQL.
        entries.iter().map(|entry| of(entry).map(|text| text.replace('\0', "\u{fffd}"))).collect()
    };
    let ids: Vec<String> = entries.iter().map(|entry| hex(&entry.request.id)).collect();
    let pages: Vec<i32> =
        entries.iter().map(|entry| i32::try_from(entry.request.page).unwrap_or(i32::MAX)).collect();
    let states: Vec<&str> =
        entries.iter().map(|entry| if entry.error.is_some() { "failed" } else { "done" }).collect();
    let http: Vec<Option<i32>> = entries.iter().map(|entry| entry.http_status.map(i32::from)).collect();
    transaction.execute(
        include_str!("../table/ledger/fetches_record.sql"),
        &[
            &job,
            &ids,
            &pages,
            &column(&|entry| number(entry.request.number)),
            &states,
            &http,
            &text(&|entry| Some(secrets.hide(&entry.request.object))),
            &column(&|entry| number(entry.rows)),
            &column(&|entry| number(entry.rejected)),
            &column(&|entry| number(entry.bytes)),
            &column(&|entry| number(entry.request.rows_before)),
            &text(&|entry| entry.next.as_deref().map(|next| secrets.fold(next))),
            &text(&|entry| entry.error.as_deref().map(|error| secrets.hide(error))),
            &text(&|entry| entry.body_start.as_deref().map(|start| secrets.hide(start))),
        ],
    )?;
    Ok(())
}

fn hex(id: &RequestId) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
