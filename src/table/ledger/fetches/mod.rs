//! The ledger of `fetch`: a row per page of a request, written with its rows, and a row per job, of its last run. A run that
//! is resumed repeats only the requests that are missing here.

pub mod turns;

use super::{bigint, setup};
use crate::Result;
use postgres::{Client, GenericClient, Transaction};

/// The lock by which runs wait for each other that create these tables.
const SETUP_LOCK: &str = "the ledger of fetch";

/// One page of a request that is done, or one that has failed for good.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// The request's id, a hash of what it asks for.
    pub id: [u8; 16],
    /// The page, counted from 1.
    pub page: u32,
    /// The request's place among all, counted from 1.
    pub number: u64,
    /// The request object, as JSON.
    pub object: String,
    /// The HTTP status, where there was a response.
    pub http_status: Option<u16>,
    /// Rows that were copied.
    pub rows: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Size of the body, inflated, in bytes.
    pub bytes: u64,
    /// Rows of the pages before.
    pub rows_before: u64,
    /// The next page.
    pub next: Option<NextPage>,
    /// Why it has failed.
    pub error: Option<String>,
    /// The beginning of the body, of a request that has failed.
    pub body_start: Option<String>,
}

/// The page that follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPage {
    /// Its URL.
    pub url: String,
    /// The body of the request for it, where it is another one than the request's own.
    pub body: Option<String>,
    /// Items of the pages before it.
    pub items_before: u64,
    /// The items of all pages, where a page has said so.
    pub total: Option<u64>,
}

/// The last page of a request that is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastPage {
    /// The request's id.
    pub id: [u8; 16],
    /// The page, counted from 1.
    pub page: u32,
    /// Rows up to there, rejected ones too.
    pub rows: u64,
    /// The page that follows; none where all pages are there.
    pub next: Option<NextPage>,
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

/// Creates the tables where they are missing. The ledger's schema must exist.
///
/// # Errors
/// What the server reports.
pub fn set_up(client: &mut Client) -> Result<()> {
    setup::set_up_once(client, SETUP_LOCK, "fetch_turns", |transaction| {
        Ok(transaction.batch_execute(include_str!("tables.sql"))?)
    })
}

/// How the last run of a job has ended; none where the job has not run.
///
/// # Errors
/// What the server reports.
pub fn last_run(client: &mut Client, job: &str) -> Result<Option<LastRun>> {
    let sql = "SELECT target, mode, status FROM pghaul.fetch_jobs WHERE job = $1";
    let row = client.query_opt(sql, &[&job])?;
    Ok(row.map(|row| LastRun { target: row.get(0), mode: row.get(1), status: row.get(2) }))
}

/// Records that a run begins. Unless it `goes_on` with an earlier one, the requests of that one are deleted.
///
/// # Errors
/// What the server reports.
pub fn begin(
    client: &mut Client,
    job: &str,
    target: &str,
    mode: &str,
    since: Option<&str>,
    goes_on: bool,
) -> Result<()> {
    let mut transaction = client.transaction()?;
    if !goes_on {
        transaction.execute("DELETE FROM pghaul.fetches WHERE job = $1", &[&job])?;
    }
    transaction.execute(
        "INSERT INTO pghaul.fetch_jobs (job, target, mode, status, client_version, since_of_run) \
         VALUES ($1, $2, $3, 'running', $4, $5) \
         ON CONFLICT (job) DO UPDATE SET target = excluded.target, mode = excluded.mode, status = excluded.status, \
         started_at = excluded.started_at, finished_at = NULL, client_version = excluded.client_version, \
         since_of_run = excluded.since_of_run, \
         since = CASE WHEN fetch_jobs.target = excluded.target THEN fetch_jobs.since END",
        &[&job, &target, &mode, &env!("CARGO_PKG_VERSION"), &since],
    )?;
    Ok(transaction.commit()?)
}

/// Records that a run ends; in the transaction that publishes its rows, where there is one.
///
/// # Errors
/// What the server reports.
pub fn end(client: &mut impl GenericClient, job: &str, status: &str) -> Result<()> {
    let sql = "UPDATE pghaul.fetch_jobs SET status = $2, finished_at = clock_timestamp() WHERE job = $1";
    client.execute(sql, &[&job, &status])?;
    Ok(())
}

/// The greatest value that the last complete run of a job has left; none where there was no such run.
///
/// # Errors
/// What the server reports.
pub fn since(client: &mut Client, job: &str) -> Result<Option<String>> {
    let row = client.query_opt("SELECT since FROM pghaul.fetch_jobs WHERE job = $1", &[&job])?;
    Ok(row.and_then(|row| row.get(0)))
}

/// The value that the last run of a job began with.
///
/// # Errors
/// What the server reports.
pub fn since_of_run(client: &mut Client, job: &str) -> Result<Option<String>> {
    let row = client.query_opt("SELECT since_of_run FROM pghaul.fetch_jobs WHERE job = $1", &[&job])?;
    Ok(row.and_then(|row| row.get(0)))
}

/// Records the greatest value that a complete run leaves.
///
/// # Errors
/// What the server reports.
pub fn set_since(client: &mut impl GenericClient, job: &str, since: Option<&str>) -> Result<()> {
    client.execute("UPDATE pghaul.fetch_jobs SET since = $2 WHERE job = $1", &[&job, &since])?;
    Ok(())
}

/// The last page that is done of each request.
///
/// # Errors
/// What the server reports.
pub fn last_pages(client: &mut Client, job: &str) -> Result<Vec<LastPage>> {
    let sql = "SELECT DISTINCT ON (request) uuid_send(request), page, rows_before + rows + rows_rejected, next_page, \
               next_body, next_items_before, next_total FROM pghaul.fetches WHERE job = $1 AND status = 'done' ORDER BY request, page DESC";
    let rows = client.query(sql, &[&job])?;
    Ok(rows
        .iter()
        .map(|row| LastPage {
            id: row.get::<_, &[u8]>(0).try_into().unwrap_or_default(),
            page: u32::try_from(row.get::<_, i32>(1)).unwrap_or(1),
            rows: u64::try_from(row.get::<_, i64>(2)).unwrap_or(0),
            next: row.get::<_, Option<String>>(3).map(|url| NextPage {
                url,
                body: row.get(4),
                items_before: row
                    .get::<_, Option<i64>>(5)
                    .and_then(|items| u64::try_from(items).ok())
                    .unwrap_or(0),
                total: row.get::<_, Option<i64>>(6).and_then(|total| u64::try_from(total).ok()),
            }),
        })
        .collect())
}

/// Rows of all requests that are done, without the rejected ones.
///
/// # Errors
/// What the server reports.
pub fn rows(client: &mut Client, job: &str) -> Result<i64> {
    let sql = "SELECT coalesce(sum(rows), 0)::bigint FROM pghaul.fetches WHERE job = $1 AND status = 'done'";
    Ok(client.query_one(sql, &[&job])?.get(0))
}

/// Records requests, in the transaction that copies their rows.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, job: &str, requests: &[RequestRecord]) -> Result<()> {
    if requests.is_empty() {
        return Ok(());
    }
    let count = |of: &dyn Fn(&RequestRecord) -> u64| -> Vec<i64> {
        requests.iter().map(|request| bigint(of(request))).collect()
    };
    let text = |of: &dyn Fn(&RequestRecord) -> Option<&str>| -> Vec<Option<String>> {
        // PostgreSQL's text holds no NUL.
        requests.iter().map(|request| of(request).map(|text| text.replace('\0', "\u{fffd}"))).collect()
    };
    let of_next = |of: &dyn Fn(&NextPage) -> Option<u64>| -> Vec<Option<i64>> {
        requests.iter().map(|request| request.next.as_ref().and_then(of).map(bigint)).collect()
    };
    let ids: Vec<String> = requests.iter().map(|request| hexadecimal(&request.id)).collect();
    let pages: Vec<i32> =
        requests.iter().map(|request| i32::try_from(request.page).unwrap_or(i32::MAX)).collect();
    let states: Vec<&str> =
        requests.iter().map(|request| if request.error.is_some() { "failed" } else { "done" }).collect();
    let http: Vec<Option<i32>> = requests.iter().map(|request| request.http_status.map(i32::from)).collect();
    transaction.execute(
        include_str!("record.sql"),
        &[
            &job,
            &ids,
            &pages,
            &count(&|request| request.number),
            &states,
            &http,
            &text(&|request| Some(&request.object)),
            &count(&|request| request.rows),
            &count(&|request| request.rejected),
            &count(&|request| request.bytes),
            &count(&|request| request.rows_before),
            &text(&|request| request.next.as_ref().map(|next| next.url.as_str())),
            &text(&|request| request.error.as_deref()),
            &text(&|request| request.body_start.as_deref()),
            &text(&|request| request.next.as_ref()?.body.as_deref()),
            &of_next(&|next| Some(next.items_before)),
            &of_next(&|next| next.total),
        ],
    )?;
    Ok(())
}

fn hexadecimal(id: &[u8; 16]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
