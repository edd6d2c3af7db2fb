//! `fetch:` in the configuration: jobs of `pghaul fetch`.

use super::into::IntoCfg;
use crate::config::values::{Number, OrderedMap, SecretText, Size, Span, Text};
use serde::Deserialize;

/// A job: requests to an API, and the table for its rows.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {requests: {file: users.ndjson}, url: 'https://…', rows: '.[]', into: {…}}"
)]
pub struct FetchCfg {
    /// The source of the requests.
    pub requests: RequestsCfg,
    /// Template of the URL.
    pub url: SecretText,
    /// HTTP method.
    pub method: Option<Text>,
    /// Headers of each request.
    pub headers: Option<OrderedMap<SecretText>>,
    /// How requests show who sends them.
    pub auth: Option<AuthCfg>,
    /// Other origins that get headers and body, and may be inside the network.
    #[serde(default)]
    pub origins: Vec<Text>,
    /// Template of the body.
    pub body: Option<SecretText>,
    /// The limit of the API.
    pub rate: Option<RateCfg>,
    /// Requests at once.
    pub concurrency: Option<Number<usize>>,
    /// The longest time for one request with its response.
    pub timeout: Option<Span>,
    /// How often a request is retried.
    pub retries: Option<Number<u32>>,
    /// The longest wait that the API may ask for.
    pub max_wait: Option<Span>,
    /// A filter: whether a response is a success.
    pub success: Option<Text>,
    /// A filter: the seconds that the API asks to wait.
    pub wait: Option<Text>,
    /// A filter: the rows of a response.
    pub rows: Text,
    /// Statuses that mean: there is nothing.
    #[serde(default)]
    pub empty: Vec<Number<u16>>,
    /// The way to the next page.
    pub pages: Option<PagesCfg>,
    /// The form of the responses: `json`, `ndjson` or `csv`.
    pub format: Option<Text>,
    /// The encoding of the responses, in place of what they say.
    pub encoding: Option<Text>,
    /// The largest response, inflated.
    pub max_response: Option<Size>,
    /// The memory of large responses and their values.
    pub max_memory: Option<Size>,
    /// A file of certificates to trust in addition to the system's.
    pub ca_file: Option<Text>,
    /// What has changed since the last run.
    pub since: Option<SinceCfg>,
    /// The table for the rows.
    pub into: IntoCfg,
    /// Statements before the first request.
    #[serde(default)]
    pub before: Vec<Text>,
    /// Statements after the rows are in place.
    #[serde(default)]
    pub after: Vec<Text>,
}

/// How requests show who sends them: one of these.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {bearer: '${TOKEN}'} or {oauth2: {token_url: 'https://…', client_id: …, client_secret: '${SECRET}'}}"
)]
pub struct AuthCfg {
    /// A token.
    pub bearer: Option<SecretText>,
    /// A user and a password.
    pub basic: Option<BasicCfg>,
    /// Tokens by OAuth 2.0.
    pub oauth2: Option<OAuth2Cfg>,
}

/// A user and a password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {user: me, password: '${PASSWORD}'}")]
pub struct BasicCfg {
    /// The user.
    pub user: Text,
    /// The password.
    pub password: SecretText,
}

/// Tokens by OAuth 2.0, for the client itself or by a refresh token.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {token_url: 'https://…', client_id: …, client_secret: '${SECRET}', scope: read}"
)]
pub struct OAuth2Cfg {
    /// The URL that gives tokens.
    pub token_url: Text,
    /// Who asks.
    pub client_id: Text,
    /// The proof.
    pub client_secret: SecretText,
    /// What the token is for.
    pub scope: Option<Text>,
    /// A refresh token, in place of the client's own credentials.
    pub refresh_token: Option<SecretText>,
    /// Other parameters, such as `audience`.
    pub params: Option<OrderedMap<SecretText>>,
}

/// The source of requests: one of these.
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

/// The limit of an API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {requests: 25, per: 1s, window: 10s}")]
pub struct RateCfg {
    /// The number of requests in `per`.
    pub requests: Number<u32>,
    /// The time for so many requests.
    pub per: Option<Span>,
    /// The time over which requests are counted.
    pub window: Option<Span>,
    /// Whether a request counts until its response is there, without an estimate from the fastest responses.
    #[serde(default)]
    pub strict: bool,
}

/// What has changed since the last run.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {column: updated_at, start: '2020-01-01', overlap: 1h}"
)]
pub struct SinceCfg {
    /// The column of the table whose values grow with each change.
    pub column: Text,
    /// The value for a first run.
    pub start: Text,
    /// So much is asked for once more.
    pub overlap: Option<Span>,
}

/// The way to the next page: one of the first five keys.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {next: '.links.next'}, {page: page}, {offset: offset, step: 100} or {link: true}"
)]
pub struct PagesCfg {
    /// A filter: the next URL, or null.
    pub next: Option<Text>,
    /// The URL's parameter for the number of the page.
    pub page: Option<Text>,
    /// The URL's parameter for the number of rows before the page.
    pub offset: Option<Text>,
    /// Whether the header `Link` names the next page.
    #[serde(default)]
    pub link: bool,
    /// Paths into the body, each with a filter that gives its value for the next page.
    pub body: Option<OrderedMap<Text>>,
    /// A filter: the items of a page, or their number.
    pub items: Option<Text>,
    /// A filter: the number of items of all pages.
    pub total: Option<Text>,
    /// Statuses that mean: the page before was the last one.
    #[serde(default)]
    pub end: Vec<Number<u16>>,
    /// The first page's number or offset.
    pub first: Option<Number<u64>>,
    /// The difference to the next page's number or offset.
    pub step: Option<Number<u64>>,
    /// The most pages of one request.
    pub most: Option<Number<u32>>,
}
