//! Flags that say how a run reports; the same for every job.

use super::picture::PictureFile;
use crate::cli::errors::print_errors;
use crate::exit::Exit;
use crate::report::timeline::{self, timeline_page};
use crate::report::{Done, Report, Started, print, wrapped};
use crate::run::interrupt;
use crate::{Error, Place, Result};
use clap::Args;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The beginning of every report. A file that begins otherwise is no report.
const REPORT_START: &[u8] = b"{\n  \"command\": ";

/// How a run reports.
#[derive(Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportArgs {
    /// Write a JSON report to FILE, or to standard output for -
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Draw what each thread did when into FILE, .html or .svg, or a page to standard output for -
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,
}

impl ReportArgs {
    /// Checks that report and timeline can be written, before the run begins, and starts to record it if there is to be one.
    ///
    /// # Errors
    /// A file that cannot be written, or that holds something else; both in one file.
    pub fn check(&self) -> Result<()> {
        self.check_report()?;
        let Some(picture) = self.picture() else { return Ok(()) };
        picture.check()?;
        let stdout = picture.is_stdout() && self.report.as_deref() == Some(Path::new("-"));
        if stdout || self.report.iter().zip(&self.timeline).any(|(one, other)| is_same_file(one, other)) {
            let place = if stdout { "standard output" } else { "one file" };
            return Err(Error::refused(format!("{place} cannot have both the report and the timeline"))
                .remedy("name another file with --timeline"));
        }
        timeline::start();
        Ok(())
    }

    /// Checks that the report can be written. An old report stays until the new one is written. A pipe is not opened twice.
    fn check_report(&self) -> Result<()> {
        let Some(path) = self.report.as_deref().filter(|path| *path != Path::new("-")) else { return Ok(()) };
        let refused = |what: String| {
            Err(Error::refused(what)
                .at(Place::file(path.display().to_string()))
                .remedy("name a file that can be written with --report"))
        };
        let is_of_the_system = path.starts_with("/dev") || path.starts_with("/proc");
        if !is_of_the_system && path.is_symlink() {
            return refused("is a symbolic link, which another user may have put there".to_owned());
        }
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

    /// Ends a run: writes the report, prints the job's summary, and then the errors. There is no summary if standard output
    /// has the report, or with `--quiet`.
    ///
    /// # Errors
    /// The error that stopped the run before it touched anything; a file or standard output that cannot be written.
    pub fn conclude(
        &self,
        started: &Started,
        outcome: Result<impl Into<Done>>,
        quiet: bool,
        summary: impl FnOnce(&Report) -> String,
    ) -> Result<Exit> {
        self.conclude_with(started, outcome, quiet, summary, |_| ())
    }

    /// As [`ReportArgs::conclude`]; `ended` gets the report when it is written and the summary printed.
    ///
    /// # Errors
    /// As there.
    pub fn conclude_with(
        &self,
        started: &Started,
        outcome: Result<impl Into<Done>>,
        quiet: bool,
        summary: impl FnOnce(&Report) -> String,
        ended: impl FnOnce(&Report),
    ) -> Result<Exit> {
        // After Ctrl-C, the error of the cancelled statement has other words.
        let outcome = outcome.map_err(|error| interrupt::check().err().unwrap_or(error));
        let (report, stopped) = match outcome {
            Ok(done) => (started.finish(Ok(done)), None),
            Err(error) => (started.finish(Err::<Done, _>(&error)), Some(error)),
        };
        let delivered = self.deliver(&report, quiet || stopped.is_some(), summary);
        ended(&report);
        if let Some(error) = stopped {
            // The cause comes first, and decides the exit code.
            print_errors(&delivered.err().map(|error| error.messages()).unwrap_or_default());
            return Err(error);
        }
        let mut errors: Vec<String> = report.units.iter().filter_map(|unit| unit.error.clone()).collect();
        // Every unit that Ctrl-C stopped says the same.
        errors.dedup();
        errors.extend(report.after.iter().filter_map(|done| done.error.clone()));
        errors.dedup();
        errors.extend(report.archived.iter().filter_map(|dump| dump.error.clone()));
        errors.extend(report.error.clone());
        print_errors(&errors);
        // The rows stay loaded, but a run without its report has failed.
        delivered?;
        Ok(report.exit())
    }

    fn deliver(&self, report: &Report, quiet: bool, summary: impl FnOnce(&Report) -> String) -> Result<()> {
        // The report is written even if the picture cannot be drawn.
        let drawn = self.draw(report);
        if let Some(path) = &self.report {
            report.write(path)?;
        }
        if !quiet && !self.takes_stdout() {
            print(&wrapped(&summary(report)))?;
        }
        drawn
    }

    fn draw(&self, report: &Report) -> Result<()> {
        let (Some(picture), Some(recorded)) = (self.picture(), timeline::finish()) else { return Ok(()) };
        picture.write(&timeline_page(report, &recorded, picture.form()?)?)
    }

    fn picture(&self) -> Option<PictureFile<'_>> {
        self.timeline.as_deref().map(|path| PictureFile::new(path, "--timeline"))
    }

    /// Refuses a report or a timeline that would replace a file which the run makes.
    ///
    /// # Errors
    /// One that has the path of one of these files.
    pub fn is_none_of(&self, made: impl IntoIterator<Item = PathBuf>) -> Result<()> {
        let ours = [("report", &self.report), ("timeline", &self.timeline)];
        for made in made {
            for (what, path) in ours {
                if path.as_ref().is_some_and(|path| is_same_file(&made, path)) {
                    return Err(Error::refused(format!("the {what} would take its place"))
                        .at(Place::file(made.display().to_string()))
                        .remedy(format!("name another file with --{what}")));
                }
            }
        }
        Ok(())
    }

    /// Whether the timeline goes to standard output.
    pub fn timeline_takes_stdout(&self) -> bool {
        self.picture().is_some_and(|picture| picture.is_stdout())
    }

    /// Whether the report or the timeline goes to standard output, which can have nothing else then.
    pub fn takes_stdout(&self) -> bool {
        [&self.report, &self.timeline].into_iter().any(|path| path.as_deref() == Some(Path::new("-")))
    }
}

/// Whether both paths name the same file, which need not exist.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = path.canonicalize().ok();
        whole.or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
    };
    place(one).is_some_and(|one| Some(one) == place(other))
}
