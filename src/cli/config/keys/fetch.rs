//! Keys of a job of `pghaul fetch`.

use super::key::{Entry, key};
use crate::config::{Size, Span};
use crate::fetch::pages::DEFAULT_MOST;
use crate::fetch::settings::{DEFAULT_PER, Settings};

/// The keys, in the order in which they are shown.
pub static KEYS: &[Entry<Settings>] = &[
    key(
        "fetch.JOB.requests.sql",
        "where requests come from: a query of the target database, with one column of JSON objects, \
         or with any columns, which become the fields of an object",
    )
    .default("this or `requests.file`"),
    key(
        "fetch.JOB.requests.file",
        "where requests come from: a file with a JSON object on each line, or a CSV file with a \
         header (`.csv`)",
    )
    .default("this or `requests.sql`"),
    key(
        "fetch.JOB.url",
        "template: `{field}` is the request's field, percent-encoded; `{{` and `}}` are braces; what no URL can hold is \
         encoded",
    )
    .default("required"),
    key("fetch.JOB.method", "HTTP method").value(|job| job.method.clone()),
    key("fetch.JOB.headers", "header → value, a template; `${VAR}` is the environment variable").secret(),
    key("fetch.JOB.auth.bearer", "[who sends the requests](fetch.md#who-sends-the-requests): a token").secret(),
    key("fetch.JOB.auth.basic.user", "who sends the requests: a user"),
    key("fetch.JOB.auth.basic.password", "the user's password").secret(),
    key("fetch.JOB.auth.oauth2.token_url", "who sends the requests: the URL that gives tokens"),
    key("fetch.JOB.auth.oauth2.client_id", "who asks for tokens"),
    key("fetch.JOB.auth.oauth2.client_secret", "the proof of that").secret(),
    key("fetch.JOB.auth.oauth2.scope", "what tokens are for").default("what the server gives"),
    key("fetch.JOB.auth.oauth2.refresh_token", "a refresh token, in place of the client's own credentials").secret(),
    key("fetch.JOB.auth.oauth2.params", "other parameters → value, such as `audience`").secret(),
    key(
        "fetch.JOB.origins",
        "list of [other origins](fetch.md#secrets-and-certificates), such as `https://other.example`: they get headers \
         and body, and may be inside the network",
    ),
    key(
        "fetch.JOB.body",
        "template of the body: JSON, unless `headers` name another `Content-Type`; fields and variables are written as JSON, in a string as a \
         part of it; fields in a form percent-encoded",
    )
    .secret(),
    key(
        "fetch.JOB.rate.requests",
        "requests that the API allows in `rate.per`, [see below](fetch.md#the-limit)",
    )
    .default("no limit"),
    key("fetch.JOB.rate.per", "the time for so many requests").constant(|| Span(DEFAULT_PER).to_string()),
    key("fetch.JOB.rate.window", "the time over which requests are counted").default("as `rate.per`"),
    key("fetch.JOB.rate.strict", "whether a request counts until its response is there").default("`false`"),
    key(
        "fetch.JOB.rate.share",
        "name of the limit, which all jobs and processes with the same name and database keep together",
    ),
    key("fetch.JOB.concurrency", "requests at once").value(|job| job.concurrency.to_string()),
    key("fetch.JOB.timeout", "for one request with its response, and for the filters on a response").value(|job| Span(job.timeout).to_string()),
    key("fetch.JOB.retries", "how often a request is retried").value(|job| job.retries.to_string()),
    key("fetch.JOB.max_wait", "the longest wait that the API may ask for")
        .value(|job| Span(job.max_wait).to_string()),
    key(
        "fetch.JOB.success",
        "filter: whether a response is a success; one with `$status` in it judges every status, others only 2xx",
    )
    .default("any 2xx"),
    key("fetch.JOB.wait", "filter: the seconds that the API asks to wait"),
    key("fetch.JOB.rows", "filter: the [rows](fetch.md#rows)").default("required"),
    key("fetch.JOB.empty", "list of statuses, such as `404`, that mean: a request without rows"),
    key("fetch.JOB.format", "form of the responses: `json`, `ndjson` or `csv`; the last two are lists to filters")
        .default("`json`"),
    key("fetch.JOB.encoding", "encoding of the responses").default("what they say, else UTF-8"),
    key("fetch.JOB.pages.next", "[next page](fetch.md#pages): filter that gives its URL, or null"),
    key("fetch.JOB.pages.page", "next page: the URL's parameter for its number"),
    key("fetch.JOB.pages.offset", "next page: the URL's parameter for the number of items before it"),
    key("fetch.JOB.pages.link", "next page: whether the header `Link` names it").default("`false`"),
    key("fetch.JOB.pages.body", "next page: path into the body → filter that gives its value there, or null"),
    key("fetch.JOB.pages.items", "filter: the items of a page, or their number").default("the only list of a response"),
    key("fetch.JOB.pages.total", "filter: the number of items of all pages, which is checked"),
    key("fetch.JOB.pages.end", "list of statuses, such as `404`, that mean: the page before was the last one"),
    key("fetch.JOB.pages.first", "number or offset of the first page").default("1, or 0 as offset"),
    key("fetch.JOB.pages.step", "what is added for the next page; of an offset, the items of a page").default("1; required with `pages.offset`"),
    key("fetch.JOB.pages.most", "the most pages of one request").constant(|| DEFAULT_MOST.to_string()),
    key("fetch.JOB.max_response", "the largest response, inflated")
        .value(|job| Size(job.max_response).to_string()),
    key(
        "fetch.JOB.max_memory",
        "for responses of more than 1 MiB and their values; filters end the run when the process has twice as much and 256 MiB",
    )
    .value(|job| Size(job.max_memory).to_string()),
    key("fetch.JOB.ca_file", "certificates (PEM) to trust in addition to the system's"),
    key("fetch.JOB.since.column", "[what has changed](fetch.md#what-has-changed-since-last-time): column that grows with each change"),
    key("fetch.JOB.since.start", "the value of `$since` for a first run"),
    key("fetch.JOB.since.overlap", "so much is asked for once more").default("nothing"),
    key("fetch.JOB.into.table", "[where the rows go](fetch.md#where-rows-go): `TABLE` or `SCHEMA.TABLE`")
        .default("required"),
    key("fetch.JOB.into.mode", "`replace`, `append` or `upsert`").default("required"),
    key("fetch.JOB.into.key", "for `upsert`: the columns that make a row the same row"),
    key("fetch.JOB.into.allow_empty", "for `replace`: whether no rows at all may replace the existing ones")
        .default("`false`"),
    key("fetch.JOB.into.columns", "columns in the order of the values, or column → type"),
    key("fetch.JOB.before", "list of SQL statements before the first request"),
    key("fetch.JOB.after", "list of SQL statements after the rows are in place"),
];
