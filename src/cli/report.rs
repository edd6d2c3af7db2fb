//! Flags that say how a run reports; the same for every job.

use crate::report::{Report, print, summary};
use crate::{Error, Place, Result};
use clap::Args;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What every report begins with; a file that begins otherwise is something else.
const REPORT_START: &[u8] = b"{\n  \"command\": ";

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
        let mut start = Vec::new();
        let opened = File::options().read(true).append(true).create(true).open(path);
        match opened.and_then(|file| file.take(REPORT_START.len() as u64).read_to_end(&mut start)) {
            Err(error) => refused(format!("cannot write the report: {error}")),
            Ok(1..) if start != REPORT_START => {
                refused("holds something else than a report, and is kept".to_owned())
            }
            Ok(_) => Ok(()),
        }
    }

    /// Writes the report, and prints the summary unless standard output has the report or nothing is wanted.
    ///
    /// # Errors
    /// A file or standard output that cannot be written.
    pub fn deliver(&self, report: &Report, quiet: bool) -> Result<()> {
        self.deliver_with(report, quiet, &summary(report))
    }

    /// As [`ReportArgs::deliver`], with this summary.
    ///
    /// # Errors
    /// A file or standard output that cannot be written.
    pub fn deliver_with(&self, report: &Report, quiet: bool, summary: &str) -> Result<()> {
        if let Some(path) = &self.report {
            report.write(path)?;
        }
        let stdout_is_taken = self.report.as_deref() == Some(Path::new("-"));
        if quiet || stdout_is_taken || report.error.is_some() {
            return Ok(());
        }
        print(summary)
    }
}
