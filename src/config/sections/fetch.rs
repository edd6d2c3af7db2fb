//! A job of `pghaul fetch`, as the configuration has it.

use super::into::IntoCfg;
use crate::config::values::{Number, OrderedMap, SecretText, Size, Span, Text};
use serde::Deserialize;

/// One job.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {requests: {file: users.ndjson}, url: 'https://…', rows: '.[]', into: {…}}"
)]
pub struct FetchCfg {
    /// Where the requests come from.
    pub requests: RequestsCfg,
    /// Template of the URL.
    pub url: SecretText,
    /// HTTP method.
    pub method: Option<Text>,
    /// Headers of each request.
    pub headers: Option<OrderedMap<SecretText>>,
    /// Template of the body.
    pub body: Option<SecretText>,
    /// How many requests the API allows.
    pub rate: Option<RateCfg>,
    /// Requests at once.
    pub concurrency: Option<Number<usize>>,
    /// The longest time for one request with its response.
    pub timeout: Option<Span>,
    /// How often a request is tried again.
    pub retries: Option<Number<u32>>,
    /// The longest wait that the API may ask for.
    pub max_wait: Option<Span>,
    /// A filter that tells whether a response is a success.
    pub success: Option<Text>,
    /// A filter that gives the seconds that the API asks to wait.
    pub wait: Option<Text>,
    /// A filter that gives the rows.
    pub rows: Text,
    /// How to get the next page.
    pub pages: Option<PagesCfg>,
    /// The largest response, inflated.
    pub max_response: Option<Size>,
    /// A file of certificates that count besides the system's.
    pub ca_file: Option<Text>,
    /// Where the rows go.
    pub into: IntoCfg,
    /// Statements before the first request.
    #[serde(default)]
    pub before: Vec<Text>,
    /// Statements when all rows are there.
    #[serde(default)]
    pub after: Vec<Text>,
}

/// Where requests come from: one of these.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {sql: 'SELECT to_jsonb(c) FROM characters c'} or {file: characters.ndjson}"
)]
pub struct RequestsCfg {
    /// A query of one column, a JSON object.
    pub sql: Option<Text>,
    /// A file of JSON objects, one per line, or a CSV file with a header.
    pub file: Option<Text>,
}

/// How many requests the API allows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {requests: 25, per: 1s, window: 10s}")]
pub struct RateCfg {
    /// So many.
    pub requests: Number<u32>,
    /// In this time.
    pub per: Option<Span>,
    /// Counted over this time.
    pub window: Option<Span>,
    /// Whether a request counts until its response has come, whatever the fastest responses tell.
    #[serde(default)]
    pub strict: bool,
}

/// How to get the next page: one of the first four.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {next: '.links.next'}, {page: page}, {offset: offset, step: 100} or {link: true}"
)]
pub struct PagesCfg {
    /// A filter that gives the next URL, or null.
    pub next: Option<Text>,
    /// The URL's parameter for the number of the page.
    pub page: Option<Text>,
    /// The URL's parameter for the number of rows before the page.
    pub offset: Option<Text>,
    /// Whether the header `Link` names the next page.
    #[serde(default)]
    pub link: bool,
    /// The first page's number or offset.
    pub first: Option<Number<u64>>,
    /// What is added for the next one.
    pub step: Option<Number<u64>>,
    /// The most pages of one request.
    pub most: Option<Number<u32>>,
}
