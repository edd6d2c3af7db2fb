//! Flags that say where the database is; the same for every job.

use crate::config::{Config, Datastore, Text};
use crate::pg::connect::{Env, Target, of_this_process};
use crate::pg::database::{Database, Location};
use crate::pg::embedded::{Embedded, Project};
use crate::report::timeline;
use crate::secret::Secret;
use crate::{Error, Place, Result};
use clap::Args;
use std::env::VarError;
use std::path::{Path, PathBuf};

/// Where the database is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct TargetArgs {
    /// Database to load into [env: DATABASE_URL, PGHOST, …] [default: datastore in config.yml, else a private server]
    // Not by clap: an empty DATABASE_URL counts as none, but an empty --db is some script's unset variable.
    #[arg(long, value_name = "URL", value_parser = url)]
    pub db: Option<Secret>,
    /// Where the embedded server is, if it is the one.
    #[command(flatten)]
    pub data_dir: DataDirArg,
}

/// Where the embedded server is.
#[derive(Debug, Args)]
pub struct DataDirArg {
    /// Directory of the embedded server [default: ~/.local/share/pghaul; for root /var/lib/pghaul]
    #[arg(long, global = true, value_name = "DIR", env = "PGHAUL_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,
}

impl DataDirArg {
    /// The embedded server, with the database of this configuration's project.
    ///
    /// # Errors
    /// As [`Embedded::new`] and [`Project::of`].
    pub fn embedded(&self, config: Option<&Path>) -> Result<Embedded> {
        Embedded::new(self.data_dir.as_deref(), Project::of(config)?)
    }
}

impl TargetArgs {
    /// The URL of the flag, or else of the environment.
    ///
    /// # Errors
    /// A variable that is not UTF-8.
    pub fn url(&self) -> Result<Option<Secret>> {
        match &self.db {
            Some(url) => Ok(Some(url.clone())),
            None => from_environment(),
        }
    }

    /// The database that flags, environment and configuration lead to, opened.
    ///
    /// # Errors
    /// As [`TargetArgs::find`] and [`Database::open`].
    pub fn open(&self, config: &Config) -> Result<Database> {
        Database::open(self.find(config)?)
    }

    /// The database that flags, environment and configuration lead to. Says which one it is: the first line of a run.
    ///
    /// # Errors
    /// As [`named`]; an embedded server that has no folder.
    pub fn find(&self, config: &Config) -> Result<Location> {
        let (location, by) = match named_by(self.db.as_ref(), config)? {
            Some((target, by)) => (Location::Named(target), format!(", by {by}")),
            None => (Location::Private(self.data_dir.embedded(config.path.as_deref())?), String::new()),
        };
        tracing::info!("database: {}{by}", location.describe());
        timeline::database(&location.describe());
        Ok(location)
    }
}

/// The database that this flag, the environment or the configuration names, and which of them does; none for the embedded server.
///
/// # Errors
/// As [`named`].
pub fn named_by(flag: Option<&Secret>, config: &Config) -> Result<Option<(Target, String)>> {
    let url = flag.cloned().map_or_else(from_environment, |url| Ok(Some(url)))?;
    let datastore = config.file.datastore.as_ref();
    let place = if url.is_none() && datastore.is_some() { config.place() } else { Place::default() };
    let named = named(url.as_ref(), datastore, &of_this_process).map_err(|error| error.at(place))?;
    Ok(named.map(|target| {
        let by = match (flag, url, datastore) {
            (Some(_), ..) => "--db".to_owned(),
            (None, Some(_), _) => "DATABASE_URL".to_owned(),
            (None, None, Some(_)) => "datastore".to_owned(),
            (None, None, None) => variables(&target),
        };
        (target, by)
    }))
}

/// The database that is named: by a URL, or else by the configuration's `datastore`, or else by libpq's variables, which also
/// fill in what those leave out; none for the embedded server.
///
/// # Errors
/// A URL, a `datastore`, a variable or a service that cannot be understood.
pub fn named(url: Option<&Secret>, datastore: Option<&Datastore>, env: Env<'_>) -> Result<Option<Target>> {
    match (url, datastore) {
        (Some(url), _) => Target::parse_in(url.reveal(), env).map(Some),
        (None, Some(datastore)) => from_datastore(datastore)?.complete(env).map(Some),
        (None, None) => Target::of_variables(env),
    }
}

/// The variables, or the service, that have named a database.
pub fn variables(target: &Target) -> String {
    let mut sources: Vec<&str> = Vec::new();
    for filled in target.filled() {
        let source = if filled.is_variable { filled.source.as_str() } else { "the service file" };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources.join(", ")
}

fn from_datastore(datastore: &Datastore) -> Result<Target> {
    let kind = datastore.connection.as_ref().map_or("postgresql", |text| text.0.as_str());
    // SQLAlchemy names a driver behind a plus sign: postgresql+psycopg2.
    if !matches!(kind.split('+').next(), Some("postgresql" | "postgres")) {
        return Err(Error::refused(format!(
            "datastore.connection: {kind:?} is not a database that pghaul loads"
        ))
        .remedy("write postgresql"));
    }
    let text = |value: &Option<Text>| value.as_ref().map(|text| text.0.clone());
    Ok(Target::from_parts(
        text(&datastore.server),
        datastore.port.map(|port| port.0),
        text(&datastore.user),
        text(&datastore.passwd).map(Secret::new),
        text(&datastore.db),
    ))
}

fn from_environment() -> Result<Option<Secret>> {
    match std::env::var("DATABASE_URL") {
        Ok(url) => Ok(Some(url).filter(|url| !url.is_empty()).map(Secret::new)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Error::refused("DATABASE_URL is not UTF-8").remedy("set it to a URL, or unset it"))
        }
    }
}

/// Reads the URL of a database.
///
/// # Errors
/// An empty text: it is some script's unset variable.
pub fn url(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() { Err("an empty URL names no database") } else { Ok(Secret::new(text)) }
}
