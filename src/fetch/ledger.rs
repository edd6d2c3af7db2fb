//! Requests as rows of the ledger, and back. The ledger holds no secrets.

use super::requests::{Request, RequestId};
use super::secrets::Secrets;
use crate::Result;
use crate::table::ledger::fetches::{self, NextPage, RequestRecord};
use postgres::{Client, Transaction};
use std::collections::HashMap;

/// A page that is done, or a request that has failed for good.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The request.
    pub request: Request,
    /// The HTTP status, if the request has a response.
    pub http_status: Option<u16>,
    /// Rows that were copied.
    pub rows: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// Size of the body, inflated, in bytes.
    pub bytes: u64,
    /// The next page.
    pub next: Option<NextPage>,
    /// Why it has failed.
    pub error: Option<String>,
    /// The beginning of the body, if the request has failed.
    pub body_start: Option<String>,
    /// How long the last try took, seconds.
    pub seconds: f64,
}

/// The progress of an earlier run with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierPages {
    /// The last page whose rows are committed.
    pub page: u32,
    /// Rows of the pages so far.
    pub rows: u64,
    /// The next page; none after the last one.
    pub next: Option<NextPage>,
}

impl Entry {
    fn record(&self, secrets: &Secrets) -> RequestRecord {
        RequestRecord {
            id: self.request.id,
            page: self.request.page,
            number: self.request.number,
            object: secrets.hide(&self.request.object),
            http_status: self.http_status,
            rows: self.rows,
            rejected: self.rejected,
            bytes: self.bytes,
            rows_before: self.request.rows_before,
            next: self.next.clone().map(|next| with_texts(next, |text| secrets.fold(text))),
            error: self.error.as_deref().map(|error| secrets.hide(error)),
            body_start: self.body_start.as_deref().map(|start| secrets.hide(start)),
        }
    }
}

/// A page whose texts are changed.
fn with_texts(next: NextPage, change: impl Fn(&str) -> String) -> NextPage {
    NextPage { url: change(&next.url), body: next.body.as_deref().map(change), ..next }
}

/// The progress of an earlier run with each request, without the failed ones.
///
/// # Errors
/// What the server reports.
pub fn progress(
    client: &mut Client,
    job: &str,
    secrets: &Secrets,
) -> Result<HashMap<RequestId, EarlierPages>> {
    let pages = fetches::last_pages(client, job)?;
    let progress = pages.into_iter().map(|last| {
        let next = last.next.map(|next| with_texts(next, |text| secrets.restore(text)));
        (last.id, EarlierPages { page: last.page, rows: last.rows, next })
    });
    Ok(progress.collect())
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
    let requests: Vec<RequestRecord> = entries.iter().map(|entry| entry.record(secrets)).collect();
    fetches::record(transaction, job, &requests)
}
