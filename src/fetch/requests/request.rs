//! A request to the API.

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
    /// The page's URL.
    pub url: Arc<str>,
    /// The page, counted from 1.
    pub page: u32,
    /// Rows of the pages before.
    pub rows_before: u64,
    /// Failed tries.
    pub tries: u32,
}

impl Request {
    /// For messages: `request 17`, `request 17, page 2`.
    pub fn name(&self) -> String {
        match self.page {
            1 => format!("request {}", self.number),
            page => format!("request {}, page {page}", self.number),
        }
    }
}
