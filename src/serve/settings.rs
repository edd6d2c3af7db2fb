//! Settings of the service, from flags, environment and configuration.

use crate::config::{Config, ServeCfg, ServeTableCfg, Text, Verb};
use crate::pg::ident;
use crate::run::cores;
use crate::serve::who::{TOKEN_VARIABLE, Who};
use crate::{Error, Place, Result};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

/// The address of the original service.
const DEFAULT_LISTEN: &str = "127.0.0.1:8005";
/// Requests per second that the original allows each client.
const DEFAULT_REQUESTS: u32 = 10;
/// The largest body (bytes). More than this is a load, which other commands do better.
const DEFAULT_BODY: u64 = 1 << 20;
/// The time in which a client may make so many requests again.
pub const DEFAULT_PER: Duration = Duration::from_secs(1);
/// The longest time for a request.
const DEFAULT_TIME: Duration = Duration::from_secs(30);
/// Clients connected at once. Each takes a file descriptor; many systems allow a process 1,024 to 20,000 or more.
const DEFAULT_CONNECTIONS: usize = 10_240;
/// Connections of one client at once: more than a browser, or a gateway that keeps some, needs.
const DEFAULT_PER_CLIENT: usize = 512;
/// Connections to the database per worker: one that is busy, and others that wait for the disk.
const DATABASE_PER_WORKER: usize = 4;
/// Paths of the service itself.
const RESERVED: [&str; 5] = ["openapi.json", "docs", "healthz", "readyz", "metrics"];

/// The flags.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// Where to listen.
    pub listen: Option<String>,
    /// Threads that answer.
    pub workers: Option<usize>,
    /// Whether other machines need no token.
    pub without_token: bool,
}

/// Settings of the service.
#[derive(Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Threads that answer.
    pub workers: usize,
    /// Those whose requests are answered.
    pub who: Who,
    /// The limit of each client's requests; none for no limit.
    pub rate: Option<Rate>,
    /// Limits of requests and connections.
    pub limits: Limits,
    /// Origins whose pages may read answers.
    pub cors: Vec<String>,
    /// The tables.
    pub tables: Vec<TableSettings>,
}

/// Reads the settings again; called on SIGHUP.
pub type Reload = Box<dyn Fn() -> Result<Settings> + Send + Sync>;

/// A limit of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The number of requests, at least 1.
    pub requests: u32,
    /// The time for so many requests.
    pub per: Duration,
}

/// Limits of requests and connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Size of a body (bytes).
    pub body: usize,
    /// Time for a request, and for each step of its transport.
    pub time: Duration,
    /// Connections of all clients at once.
    pub connections: usize,
    /// Connections of one client at once.
    pub per_client: usize,
    /// Connections to the database.
    pub database: usize,
}

/// A table that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSettings {
    /// The first segment of its paths: its name as the configuration has it.
    pub path: String,
    /// Its name as an identifier: quoted, with its schema where one is named.
    pub quoted: String,
    /// The columns that tell one row from another.
    pub key: Vec<String>,
    /// The granted verbs.
    pub verbs: Vec<Verb>,
    /// The columns that may be written; none for all.
    pub write: Option<Vec<String>>,
}

impl Settings {
    /// Combines the flags with the configuration.
    ///
    /// # Errors
    /// All that is wrong without a look at the database: no tables, names that no table can have, a bad address, a token
    /// that is missing or too short.
    pub fn resolve(request: &Request, config: &Config) -> Result<Settings> {
        let Some(cfg) = &config.file.serve else {
            return Err(Error::refused("the configuration has no tables to serve")
                .at(config.place())
                .remedy(
                    "name them under serve: in config.yml, for example serve: {tables: {users: {key: id}}}",
                ));
        };
        resolve(request, cfg, config).map_err(|error| error.at(config.place()))
    }
}

fn resolve(request: &Request, cfg: &ServeCfg, config: &Config) -> Result<Settings> {
    let written = cfg.listen.as_ref().map(|text| text.0.as_str());
    let listen = address(request.listen.as_deref().or(written).unwrap_or(DEFAULT_LISTEN))?;
    let workers =
        request.workers.or(cfg.workers.map(|number| number.0)).unwrap_or_else(|| cores::count().get());
    let workers = workers.max(1);
    let who = Who::read(cfg, config)?;
    if !who.is_needed() && !listen.ip().is_loopback() && !request.without_token {
        return Err(Error::refused(format!("{listen} can be reached from other machines, and there is no token"))
            .remedy(format!("set {TOKEN_VARIABLE} to a token that each request has to bring, listen on 127.0.0.1, or allow it with --without-token")));
    }
    let limits = &cfg.limits;
    let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
    Ok(Settings {
        listen,
        workers,
        who,
        rate: match &cfg.rate {
            None => Some(Rate { requests: DEFAULT_REQUESTS, per: DEFAULT_PER }),
            Some(rate) => (rate.requests.0 > 0)
                .then(|| Rate { requests: rate.requests.0, per: rate.per.map_or(DEFAULT_PER, |per| per.0) }),
        },
        limits: Limits {
            body: size(limits.body.map_or(DEFAULT_BODY, |size| size.0)),
            time: limits.time.map_or(DEFAULT_TIME, |time| time.0),
            connections: limits.connections.map_or(DEFAULT_CONNECTIONS, |number| number.0).max(1),
            per_client: limits.per_client.map_or(DEFAULT_PER_CLIENT, |number| number.0).max(1),
            database: limits.database.map_or(workers * DATABASE_PER_WORKER, |number| number.0).max(1),
        },
        cors: cfg.cors.iter().map(origin).collect::<Result<_>>()?,
        tables: tables(cfg)?,
    })
}

fn address(text: &str) -> Result<SocketAddr> {
    let refused = |why: &dyn std::fmt::Display| {
        Error::refused(format!("cannot listen on {text:?}: {why}"))
            .remedy("write ADDRESS:PORT, for example 127.0.0.1:8005, with --listen or serve.listen")
    };
    let mut found = text.to_socket_addrs().map_err(|error| refused(&error))?;
    found.next().ok_or_else(|| refused(&"the name has no address"))
}

fn origin(text: &Text) -> Result<String> {
    let written = text.0.trim_end_matches('/');
    let named = written.split_once("://").is_some_and(|(scheme, host)| {
        matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains(['/', '*', ' '])
    });
    if named && written.is_ascii() {
        return Ok(written.to_owned());
    }
    Err(Error::refused(format!("serve.cors: {:?} is no origin", text.0))
        .remedy("write it as browsers do, for example https://dashboard.example"))
}

fn tables(cfg: &ServeCfg) -> Result<Vec<TableSettings>> {
    let mut errors = Vec::new();
    let mut tables = Vec::new();
    for (name, table) in &cfg.tables.0 {
        match resolve_table(name, table) {
            Ok(table) => tables.push(table),
            Err(error) => errors.push(error.at(Place::table(name))),
        }
    }
    if tables.is_empty() && errors.is_empty() {
        errors.push(Error::refused("serve.tables names no table").remedy("name one, with its key"));
    }
    if errors.is_empty() { Ok(tables) } else { Err(Error::many(errors)) }
}

fn resolve_table(name: &str, cfg: &ServeTableCfg) -> Result<TableSettings> {
    let parts: Vec<&str> = match name.split_once('.') {
        Some((schema, table)) => vec![schema, table],
        None => vec![name],
    };
    if let Some(why) = parts.iter().find_map(|part| ident::refusal(part)) {
        return Err(Error::refused(format!("serve.tables has {why}")).remedy("write TABLE or SCHEMA.TABLE"));
    }
    if RESERVED.contains(&name) || name.contains('/') {
        return Err(Error::refused("serve.tables: this path is taken, or no path")
            .remedy("write SCHEMA.TABLE, or serve a view of another name"));
    }
    if cfg.key.is_empty() {
        return Err(Error::refused("serve.tables: the key has no column"));
    }
    let names = |texts: &[Text]| texts.iter().map(|text| text.0.clone()).collect::<Vec<_>>();
    let quoted: Vec<String> = parts.into_iter().map(ident::quote).collect();
    Ok(TableSettings {
        path: name.to_owned(),
        quoted: quoted.join("."),
        key: names(&cfg.key),
        verbs: cfg.verbs().to_vec(),
        write: cfg.write.as_deref().map(names),
    })
}
