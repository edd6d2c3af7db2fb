//! Flags that say where the database is and how a run reports; the same for every job.

use crate::config::Config;
use crate::pg::database::Database;
use crate::report::{Report, print, summary};
use crate::secret::Secret;
use crate::{Error, Place, Result};
use clap::Args;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

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
    /// The database that flags, environment and configuration lead to.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub fn open(&self, config: &Config) -> Result<Database> {
        let from_environment = || std::env::var("DATABASE_URL").ok().filter(|url| !url.is_empty());
        let url = self.db.clone().or_else(|| from_environment().map(Secret::new));
        let datastore = config.file.datastore.as_ref();
        let place = if url.is_none() && datastore.is_some() { config.place() } else { Place::default() };
        Database::open(url.as_ref(), datastore, self.data_dir.data_dir.as_deref())
            .map_err(|error| error.at(place))
    }
}

fn secret(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() { Err("an empty URL names no database") } else { Ok(Secret::new(text)) }
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
    /// Checks that the report can be written, before there is anything to report. What is there stays as it is until
    /// then; a pipe is not opened twice.
    ///
    /// # Errors
    /// A file that cannot be written, or that holds something else than a report.
    pub fn check(&self) -> Result<()> {
        let Some(path) = self.report.as_deref().filter(|path| *path != Path::new("-")) else { return Ok(()) };
        let refused = |what: String| {
            Err(Error::refused(what)
                .at(Place::file(path.display().to_string()))
                .remedy("name a file that can be written with --report"))
        };
        if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Ok(());
        }
        let mut first = [0];
        let opened = File::options().read(true).append(true).create(true).open(path);
        match opened.and_then(|mut file| file.read(&mut first)) {
            Err(error) => refused(format!("cannot write the report: {error}")),
            Ok(1) if first != *b"{" => refused("holds something else than a report, and is kept".to_owned()),
            Ok(_) => Ok(()),
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
