//! Flags that say where the database is and how a run reports; the same for every job.

use crate::config::Config;
use crate::pg::database::Database;
use crate::report::{Report, print, summary};
use crate::secret::Secret;
use crate::{Error, Place, Result};
use clap::Args;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// Where the database is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct TargetArgs {
    /// Database to load into [default: datastore in config.yml, else the embedded server]
    #[arg(
        long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true,
        value_parser = |text: &str| Ok::<_, Infallible>(Secret::new(text))
    )]
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
    /// The database that flags, environment and configuration lead to.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open(&self, config: &Config) -> Result<Database> {
        let url = self.db.as_ref().map(Secret::reveal);
        let datastore = config.file.datastore.as_ref();
        let place = if url.is_none() && datastore.is_some() { config.place() } else { Place::default() };
        Database::open(url, datastore, self.data_dir.data_dir.as_deref()).map_err(|error| error.at(place))
    }
}

/// How a run reports.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// Write a JSON report to FILE, or to standard output for -
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

impl ReportArgs {
    /// Checks that the report can be written, before there is anything to report.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub fn check(&self) -> Result<()> {
        match self.report.as_deref().filter(|path| *path != Path::new("-")) {
            Some(path) => std::fs::File::create(path).map(drop).map_err(|error| {
                Error::refused(format!("cannot write the report: {error}"))
                    .at(Place::file(path.display().to_string()))
                    .remedy("name a file that can be written with --report")
            }),
            None => Ok(()),
        }
    }

    /// Writes the report, and prints the summary unless standard output has the report or nothing is wanted.
    ///
    /// # Errors
    /// A file or standard output that cannot be written.
    pub fn deliver(&self, report: &Report, quiet: bool) -> Result<()> {
        if let Some(path) = &self.report {
            report.write(path)?;
        }
        let stdout_is_taken = self.report.as_deref() == Some(Path::new("-"));
        if quiet || stdout_is_taken || report.error.is_some() {
            return Ok(());
        }
        print(&summary(report))
    }
}
