//! Keys of `pghaul serve`.

use super::key::{Entry, Variable, key};
use crate::config::{Size, Span};
use crate::serve::settings::{DEFAULT_PER, Settings};
use crate::serve::who::TOKEN_VARIABLE;

/// The keys, in the order in which they are shown.
pub static KEYS: &[Entry<Settings>] = &[
    key(
        "serve.listen",
        "address and port; with port 0 the system chooses one, which the first line of the output \
         shows",
    )
    .flag("--listen")
    .value(|settings| settings.listen.to_string()),
    key("serve.workers", "threads that answer")
        .default("number of cores")
        .flag("--workers")
        .value(|settings| settings.workers.to_string()),
    key("serve.token", "`{env: NAME}` or `{file: PATH}`: the token that each request must carry")
        .variable(Variable::Fallback(TOKEN_VARIABLE))
        .secret_elsewhere(),
    key("serve.tokens[].token", "`{env: NAME}` or `{file: PATH}`: a token with rights of its own")
        .default("required"),
    key("serve.tokens[].tables", "what it may do: lists of verbs by table, `{users: [get]}`").default("all that the tables grant"),
    key(
        "serve.jwt.key_file",
        "file of the key that tokens are signed by, or list of files: a secret, a public key in PEM, or a set of keys as JSON",
    ),
    key("serve.jwt.algorithms", "list of `HS256`, `RS256`").default("those of the keys"),
    key("serve.jwt.role_claim", "the claim that names the database role; `/a/b` for one within another")
        .value(|settings| settings.who.role_claim().to_owned()),
    key("serve.jwt.audience", "a text, or a list of texts: a token's `aud` has to name one"),
    key("serve.jwt.issuer", "a text, or a list of texts: a token's `iss` has to name one"),
    key(
        "serve.rate.requests",
        "requests that one client may make at once, and again in `rate.per`; 0 for no limit",
    )
    .value(|settings| settings.rate.map_or(0, |rate| rate.requests).to_string()),
    key("serve.rate.per", "the time for so many requests")
        .value(|settings| Span(settings.rate.map_or(DEFAULT_PER, |rate| rate.per)).to_string()),
    key("serve.limits.body", "size of a body")
        .value(|settings| Size(settings.limits.body as u64).to_string()),
    key(
        "serve.limits.time",
        "for a request, for its head, for a client that reads nothing, and for the requests that \
         still run at the end",
    )
    .value(|settings| Span(settings.limits.time).to_string()),
    key(
        "serve.limits.connections",
        "connections of all clients at once; at this limit, the client with the most loses its oldest one to a client with fewer, and others wait",
    )
    .value(|settings| settings.limits.connections.to_string()),
    key("serve.limits.per_client", "connections of one client at once")
        .value(|settings| settings.limits.per_client.to_string()),
    key("serve.limits.database", "connections to the database")
        .default("4 per worker")
        .value(|settings| settings.limits.database.to_string()),
    key("serve.cors", "list of origins, such as `https://dashboard.example`"),
    key(
        "serve.tables.TABLE.key",
        "the column that tells one row of `TABLE` or `SCHEMA.TABLE` from another, or a list of \
         columns",
    )
    .default("required"),
    key("serve.tables.TABLE.verbs", "list of `get`, `post`, `put`, `patch`, `delete`").default("`[get]`"),
    key("serve.tables.TABLE.write", "list of columns that may be written").default("all"),
];
