//! A request to the API.

use crate::fetch::api::header::Header;
use crate::table::ledger::fetches::NextPage;
use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::Arc;

/// Identifies a request among all of its job, in every run.
pub type RequestId = [u8; 16];

/// A request: its first page or, after a response, a later one.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its place among all requests, counted from 1.
    pub number: u64,
    /// Identifies it in the ledger.
    pub id: RequestId,
    /// The request object, as JSON.
    pub object: Arc<str>,
    /// The URL, whose origin gets the secret headers; or why the request has none.
    pub home: Result<Arc<str>, String>,
    /// The body.
    pub body: Option<Arc<str>>,
    /// Headers that only this request has.
    pub headers: Arc<[Header]>,
    /// The page's URL.
    pub url: Arc<str>,
    /// The page, counted from 1.
    pub page: u32,
    /// Rows of the pages before.
    pub rows_before: u64,
    /// Items of the pages before, of which the rows were made.
    pub items_before: u64,
    /// The items of all pages, where a page has said so.
    pub total: Option<u64>,
    /// Hashes of the pages that were there in this run.
    pub seen: HashSet<u64>,
    /// A hash of the response to the page before, in this run.
    pub before: Option<u64>,
    /// Failed tries.
    pub tries: u32,
}

impl Request {
    /// The request for the page that follows, after so many rows.
    pub fn followed_by(self, next: NextPage, rows: u64) -> Request {
        let Request { mut seen, .. } = self;
        seen.insert(hash(&self.url, self.body.as_deref()));
        Request {
            url: next.url.into(),
            body: next.body.map(Arc::from).or(self.body),
            page: self.page + 1,
            rows_before: self.rows_before + rows,
            items_before: next.items_before,
            total: next.total,
            seen,
            tries: 0,
            ..self
        }
    }

    /// Whether a page is this one, or was there before.
    pub fn was_there(&self, next: &NextPage) -> bool {
        let body = next.body.as_deref().or(self.body.as_deref());
        let hash_of_next = hash(&next.url, body);
        hash_of_next == hash(&self.url, self.body.as_deref()) || self.seen.contains(&hash_of_next)
    }

    /// Notes the response, so that the next page is told from it.
    pub fn answered(&mut self, body: &[u8]) {
        self.before = Some(hash_of(body));
    }

    /// Whether a response is the same as that to the page before.
    pub fn is_as_before(&self, body: &[u8]) -> bool {
        self.before.is_some_and(|before| before == hash_of(body))
    }

    /// For messages: `request 17`, `request 17, page 2`.
    pub fn name(&self) -> String {
        match self.page {
            1 => format!("request {}", self.number),
            page => format!("request {}, page {page}", self.number),
        }
    }
}

fn hash(url: &str, body: Option<&str>) -> u64 {
    hash_of((url, body))
}

fn hash_of(value: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}
