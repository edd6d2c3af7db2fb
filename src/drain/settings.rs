//! The settings of `pghaul drain`: a job of the configuration, and flags.

use super::cache::address::{self, Address, Login, TlsFiles};
use super::cache::gateway::GatewayUrl;
use crate::config::{
    Config, Destination, DrainCfg, DrainColumns, IntoCfg, Mode, RegisteredCfg, Text, find_job,
};
use crate::copy::rejects::limit::RejectLimit;
use crate::pg::type_name::TypeName;
use crate::run::cores;
use crate::secret::Secret;
use crate::{Error, Place, Result};
use glob::Pattern;
use std::path::PathBuf;
use std::time::Duration;

/// The list of replicas, unless the job names another one: the key that the gateway writes.
const USUAL_REGISTRY: &str = "replica_registry";
/// Stands for the replica in the table's name.
const REPLICA: &str = "{replica}";
/// The environment variable that redis-cli takes the password from.
const PASSWORD_VARIABLE: &str = "REDISCLI_AUTH";
/// The folder for rejects, unless a flag names another one.
const DEFAULT_REJECTS: &str = "rejects";

/// What was typed.
#[derive(Debug, Clone)]
pub struct Request {
    /// The job's name.
    pub job: String,
    /// One pass, or passes until a signal.
    pub pace: Pace,
    /// The most COPY streams at once.
    pub workers: Option<usize>,
    /// Whether published rows stay in Redis, under another name.
    pub keep: bool,
    /// Whether the gateway is told to clear published rows.
    pub clear: bool,
    /// How often a batch is tried again when a connection fails.
    pub retries: u32,
    /// How many rejects a batch may have.
    pub max_rejects: RejectLimit,
    /// The folder for the list of rejects.
    pub rejects: Option<PathBuf>,
}

/// How often a run looks at the replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Once.
    Once,
    /// Again and again, until a signal.
    Watch {
        /// The time from the start of a pass to the start of the next one.
        every: Duration,
        /// The time between two heartbeats.
        heartbeat: Duration,
    },
}

/// A run, checked as far as that needs neither Redis nor the database.
pub struct Settings {
    /// The job's name.
    pub job: String,
    /// The cache.
    pub source: Source,
    /// The replicas to drain.
    pub which: Which,
    /// The list of registered replicas, if the cache has one.
    pub registered: Option<String>,
    into_cfg: IntoCfg,
    /// Columns with given types.
    pub declared: Vec<(String, TypeName)>,
    /// Whether columns are added, and become wider for values that do not fit.
    pub evolve: bool,
    /// The most COPY streams at once.
    pub workers: usize,
    /// As [`Request::pace`].
    pub pace: Pace,
    /// As [`Request::keep`].
    pub keep: bool,
    /// As [`Request::clear`].
    pub clear: bool,
    /// As [`Request::retries`].
    pub retries: u32,
    /// As [`Request::max_rejects`].
    pub max_rejects: RejectLimit,
    /// The folder for the list of rejects.
    pub rejects: PathBuf,
    /// Statements before each batch is loaded.
    pub before: Vec<String>,
    /// Statements after each batch is published.
    pub after: Vec<String>,
}

/// The cache that rows come from.
pub enum Source {
    /// Redis itself.
    Redis(Box<Address>),
    /// The HTTP gateway in front of a Redis.
    Gateway(GatewayUrl),
}

impl Source {
    /// Its URL without user and password, for messages and the ledger.
    pub fn describe(&self) -> &str {
        match self {
            Source::Redis(address) => address.describe(),
            Source::Gateway(url) => url.as_str(),
        }
    }
}

/// The replicas that a job drains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// This one.
    One(String),
    /// All registered replicas that match.
    Matching(Pattern),
}

impl Settings {
    /// Combines the job of the configuration with the flags.
    ///
    /// # Errors
    /// No such job; what is wrong with it; flags that do not fit it.
    pub fn resolve(request: Request, config: &Config) -> Result<Settings> {
        let cfg = find_job(&config.file.drain, "drain", &request.job, config)?;
        let place = Place::member(config.place().file.unwrap_or_default(), format!("drain.{}", request.job));
        Self::of_job(request, cfg, config).map_err(|error| error.at(place))
    }

    fn of_job(request: Request, cfg: &DrainCfg, config: &Config) -> Result<Settings> {
        let source = source(cfg, config)?;
        let which = which(&cfg.replica.0)?;
        check_into(cfg, &source, &which)?;
        check_flags(&request, &source)?;
        let texts = |texts: &[Text]| texts.iter().map(|Text(text)| text.clone()).collect();
        let settings = Settings {
            source,
            registered: match &cfg.registered {
                RegisteredCfg::Usual => Some(USUAL_REGISTRY.to_owned()),
                RegisteredCfg::List(list) => Some(list.clone()),
                RegisteredCfg::None if matches!(which, Which::Matching(_)) => {
                    return Err(Error::refused("replica is a pattern, and there is no list of replicas")
                        .remedy("name the list with registered, or one replica"));
                }
                RegisteredCfg::None => None,
            },
            which,
            into_cfg: cfg.into.clone(),
            declared: declared(&cfg.columns)?,
            evolve: cfg.evolve,
            workers: request
                .workers
                .or(cfg.workers.map(|number| number.0))
                .or(config.file.max_workers.map(|number| number.0))
                .unwrap_or_else(|| cores::count().get())
                .max(1),
            pace: request.pace,
            keep: request.keep,
            clear: request.clear,
            retries: request.retries,
            max_rejects: request.max_rejects,
            rejects: request.rejects.unwrap_or_else(|| DEFAULT_REJECTS.into()),
            before: texts(&cfg.before),
            after: texts(&cfg.after),
            job: request.job,
        };
        // A wrong name of the table is wrong for every replica.
        settings.into_table("replica")?;
        Ok(settings)
    }

    /// Whether a batch takes the place of all rows that its table has.
    pub fn replaces(&self) -> bool {
        self.into_cfg.mode == Mode::Replace
    }

    /// The table for the rows of a replica.
    ///
    /// # Errors
    /// A name that no table can have.
    pub fn into_table(&self, replica: &str) -> Result<Destination> {
        // The part before a dot would be taken for a schema.
        let table = self.into_cfg.table.0.replace(REPLICA, &replica.replace('.', "_"));
        IntoCfg { table: Text(table), ..self.into_cfg.clone() }.resolve()
    }
}

fn source(cfg: &DrainCfg, config: &Config) -> Result<Source> {
    let url = &cfg.from.0;
    if !address::is_redis(url) {
        return GatewayUrl::parse(url).map(Source::Gateway);
    }
    let password = match &cfg.password {
        Some(Text(password)) => Some(password.clone()),
        None => std::env::var(PASSWORD_VARIABLE).ok().filter(|password| {
            // A password in the URL comes before the variable.
            !password.is_empty() && !url.contains('@') && !url.contains("pass=")
        }),
    };
    let login =
        Login { user: cfg.user.as_ref().map(|Text(user)| user.clone()), password: password.map(Secret::new) };
    let path = |file: &Option<Text>| file.as_ref().map(|Text(file)| config.path(file));
    let tls = TlsFiles { ca: path(&cfg.tls.ca), cert: path(&cfg.tls.cert), key: path(&cfg.tls.key) };
    Address::parse(url, &login, &tls).map(|address| Source::Redis(Box::new(address)))
}

fn which(replica: &str) -> Result<Which> {
    if replica.is_empty() {
        return Err(Error::refused("replica is empty").remedy("name one, or write '*' for all"));
    }
    if !replica.contains(['*', '?', '[']) {
        return Ok(Which::One(replica.to_owned()));
    }
    let pattern = Pattern::new(replica);
    pattern.map(Which::Matching).map_err(|error| Error::refused(format!("replica: {replica:?}: {error}")))
}

fn check_into(cfg: &DrainCfg, source: &Source, which: &Which) -> Result<()> {
    if cfg.into.allow_empty {
        return Err(Error::refused("into.allow_empty is for fetch: what Redis does not have is not drained")
            .remedy("leave it out"));
    }
    if cfg.into.columns.is_some() {
        return Err(Error::refused("into.columns has no meaning here: Redis says which columns there are")
            .remedy("write their types beside into: columns: {name: type}"));
    }
    let one_table = !cfg.into.table.0.contains(REPLICA);
    if cfg.into.mode == Mode::Replace && one_table && matches!(which, Which::Matching(_)) {
        return Err(Error::refused("the rows of one replica would take the place of those of another")
            .remedy(format!("put {REPLICA} into into.table, or use another mode")));
    }
    if cfg.into.mode == Mode::Append && matches!(source, Source::Gateway(_)) {
        return Err(Error::refused("the gateway gives the same rows again, and append would add them again")
            .remedy("write mode: upsert with the index as key, or mode: replace"));
    }
    Ok(())
}

fn check_flags(request: &Request, source: &Source) -> Result<()> {
    match source {
        Source::Redis(_) if request.clear => Err(Error::refused(
            "--clear is for a gateway; from Redis itself, exactly what is published is removed",
        )
        .remedy("leave it out")),
        Source::Gateway(_) if request.keep => {
            Err(Error::refused("--keep is for Redis itself; a gateway is only cleared with --clear")
                .remedy("leave it out"))
        }
        _ => Ok(()),
    }
}

fn declared(columns: &DrainColumns) -> Result<Vec<(String, TypeName)>> {
    let DrainColumns::Declared(columns) = columns else { return Ok(Vec::new()) };
    let mut declared = Vec::new();
    for (name, Text(type_name)) in &columns.0 {
        let type_name =
            TypeName::parse(type_name).map_err(|error| error.at(Place::default().column(name)))?;
        declared.push((name.replace('.', "_"), type_name));
    }
    Ok(declared)
}
