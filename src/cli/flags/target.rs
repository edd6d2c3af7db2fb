//! Flags that say where the database is; the same for every job.

use crate::config::{Config, Datastore, Text};
use crate::pg::connect::Target;
use crate::pg::database::Database;
use crate::secret::Secret;
use crate::{Error, Place, Result};
use clap::Args;
use std::env::VarError;
use std::path::PathBuf;

/// Where the database is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct TargetArgs {
    /// Database to load into [env: DATABASE_URL] [default: datastore in config.yml, else the embedded server]
    // Not by clap: an empty DATABASE_URL counts as none, but an empty --db is some script's unset variable.
    #[arg(long, value_name = "URL", value_parser = secret)]
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

    /// The database that flags, environment and configuration lead to.
    ///
    /// # Errors
    /// As [`named`] and [`Database::open`].
    pub fn open(&self, config: &Config) -> Result<Database> {
        let url = self.url()?;
        let datastore = config.file.datastore.as_ref();
        let place = if url.is_none() && datastore.is_some() { config.place() } else { Place::default() };
        named(url.as_ref(), datastore)
            .and_then(|named| Database::open(named, self.data_dir.data_dir.as_deref()))
            .map_err(|error| error.at(place))
    }
}

/// The database that is named: by a URL, or else by the configuration's `datastore`; none for the embedded server.
///
/// # Errors
/// A URL or a `datastore` that cannot be understood.
pub fn named(url: Option<&Secret>, datastore: Option<&Datastore>) -> Result<Option<Target>> {
    match (url, datastore) {
        (Some(url), _) => Target::parse(url.reveal()).map(Some),
        (None, Some(datastore)) => from_datastore(datastore).map(Some),
        (None, None) => Ok(None),
    }
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

fn secret(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() { Err("an empty URL names no database") } else { Ok(Secret::new(text)) }
}
