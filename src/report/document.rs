//! The report of a run: the document that `--report` writes, and how it follows from the outcome of the run.

use super::output::{json, print};
use super::unit::{Totals, UnitReport};
use crate::exit::Exit;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Instant;

/// The report of a run. All commands share its shape; `--report` writes it as JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The command's name.
    pub command: &'static str,
    /// How the run ended.
    pub status: RunStatus,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// All units of the catalogue, in its order.
    pub units: Vec<UnitReport>,
    /// The dumps that were passed over, since newer ones are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// The dumps that were to move to the archive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub archived: Vec<Archived>,
    /// Indexes and statements that follow the load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<AfterReport>,
    /// Sums over the units.
    pub totals: Totals,
    /// Where the time of a run went that waits for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_in: Option<SecondsIn>,
    /// Why the run has stopped, or has published nothing.
    pub error: Option<String>,
}

/// How a run ended. Each status has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// All units are loaded or were up to date.
    Ok,
    /// A unit has failed, or a statement after the load, or a dump could not move to the archive.
    Failed,
    /// Wrong usage, configuration or input; nothing was touched.
    Refused,
    /// A signal has stopped it.
    Interrupted,
}

/// A dump of a version of which a newer dump is there. It was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// Where it is, or was before it moved to the archive.
    pub dump: String,
    /// The newer dump.
    pub by: String,
}

/// A dump whose units are all loaded, or that was superseded, and which was to move to the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// Where it was.
    pub dump: String,
    /// Where it is now.
    pub to: Option<String>,
    /// Why it could not move.
    pub error: Option<String>,
}

/// An index or a statement that follows the load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AfterReport {
    /// The mother that the configuration names it for.
    pub mother: String,
    /// The beginning of the statement.
    pub statement: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Why it failed.
    pub error: Option<String>,
}

/// Where the time of a run went, in seconds. Its threads work at once, so that a second may count in each of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct SecondsIn {
    /// While at least one request was on its way, or waited for its turn.
    pub api: f64,
    /// Those of them in which at least one request waited for its turn: for the limit, or since the API asked to wait.
    pub waits: f64,
    /// While at least one connection copied rows, published them, or executed a statement of the job.
    pub database: f64,
}

/// The work of a run that was not stopped before it touched anything.
#[derive(Debug, Default)]
pub struct Done {
    /// All units of the catalogue, in its order.
    pub units: Vec<UnitReport>,
    /// The dumps that were passed over, since newer ones are there.
    pub superseded: Vec<Superseded>,
    /// The dumps that were to move to the archive.
    pub archived: Vec<Archived>,
    /// Indexes and statements that follow the load.
    pub after: Vec<AfterReport>,
    /// Where the time of a run went that waits for others.
    pub seconds_in: Option<SecondsIn>,
    /// Why nothing was published, or not all of it, where that is no unit's fault alone.
    pub error: Option<String>,
}

impl From<Vec<UnitReport>> for Done {
    fn from(units: Vec<UnitReport>) -> Done {
        Done { units, ..Done::default() }
    }
}

/// A run that has begun.
#[derive(Debug)]
pub struct Started {
    command: &'static str,
    at: jiff::Timestamp,
    clock: Instant,
}

impl Started {
    /// Begins a run of `command` now.
    pub fn now(command: &'static str) -> Self {
        Started { command, at: jiff::Timestamp::now(), clock: Instant::now() }
    }

    /// The report of the run, which ends now: with its work, or with the error that has stopped it before it touched
    /// anything.
    pub fn finish(&self, outcome: Result<impl Into<Done>, &Error>) -> Report {
        let (done, error) = match outcome {
            Ok(done) => (done.into(), None),
            Err(error) => (Done::default(), Some(error)),
        };
        let Done { units, superseded, archived, after, seconds_in, error: lacking } = done;
        let stays = archived.iter().any(|dump| dump.error.is_some());
        let totals = Totals::of(&units);
        let lacks =
            totals.lacking() > 0 || lacking.is_some() || after.iter().any(|done| done.error.is_some());
        let status = match error.map(Error::exit) {
            Some(Exit::Interrupted(_)) => RunStatus::Interrupted,
            // A signal that came after the last publication has stopped nothing.
            None if lacks && interrupt::requested().is_some() => RunStatus::Interrupted,
            Some(Exit::Refused) => RunStatus::Refused,
            Some(_) => RunStatus::Failed,
            None if lacks || stays => RunStatus::Failed,
            None => RunStatus::Ok,
        };
        Report {
            command: self.command,
            status,
            started_at: self.at.to_string(),
            seconds: self.clock.elapsed().as_secs_f64(),
            units,
            superseded,
            archived,
            after,
            totals,
            seconds_in,
            error: error.map(Error::to_string).or(lacking),
        }
    }
}

impl Report {
    /// The exit code of this report.
    pub fn exit(&self) -> Exit {
        match self.status {
            RunStatus::Interrupted => Exit::Interrupted(interrupt::requested().unwrap_or(2)),
            RunStatus::Refused => Exit::Refused,
            RunStatus::Failed => Exit::Failed,
            RunStatus::Ok if self.totals.rows_rejected > 0 => Exit::Rejects,
            RunStatus::Ok => Exit::Loaded,
        }
    }

    /// Writes the report as one JSON document to `path`, or to standard output for `-`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let json = json(self)?;
        if path == Path::new("-") {
            return print(&json);
        }
        write_at_once(path, json.as_bytes())
            .map_err(|error| Error::failed(error).at(Place::file(path.display().to_string())))
    }
}

/// Writes a file, or to a named pipe that has a reader: it does not wait for one.
fn write_at_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let nonblock = OFlag::O_NONBLOCK.bits();
    let mut file =
        File::options().write(true).create(true).truncate(true).custom_flags(nonblock).open(path)?;
    fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::unit::UnitStatus;
    use super::super::unit::samples::unit;
    use super::*;

    #[test]
    fn totals_and_exit_follow_the_units() {
        let started = Started::now("ingest");
        let report = started.finish(Ok(vec![unit(UnitStatus::Loaded, 9), unit(UnitStatus::Unchanged, 0)]));
        assert_eq!((report.totals.loaded, report.totals.unchanged, report.totals.rows_loaded), (1, 1, 9));
        assert_eq!(report.exit(), Exit::Loaded);
        let report = started.finish(Ok(vec![unit(UnitStatus::Failed, 0)]));
        assert_eq!((report.status, report.exit()), (RunStatus::Failed, Exit::Failed));
        let stays = Archived { dump: "d".into(), to: None, error: Some("full".into()) };
        let done =
            Done { units: vec![unit(UnitStatus::Loaded, 9)], archived: vec![stays], ..Done::default() };
        assert_eq!(started.finish(Ok(done)).exit(), Exit::Failed);
        let report = started.finish(Err::<Done, _>(&Error::refused("no such folder")));
        assert_eq!((report.status, report.exit()), (RunStatus::Refused, Exit::Refused));
        assert_eq!(report.error.as_deref(), Some("no such folder"));
    }

    #[test]
    fn the_json_has_the_agreed_shape() {
        let mut report = Started::now("ingest").finish(Ok(vec![unit(UnitStatus::Loaded, 9)]));
        report.started_at = "2026-11-20T00:00:00Z".into();
        report.seconds = 1.23;
        insta::assert_snapshot!(serde_json::to_string(&report).unwrap(), @r#"{"command":"ingest","status":"ok","started_at":"2026-11-20T00:00:00Z","seconds":1.23,"units":[{"name":"v1_users","source":"lms_v1.zip/users.dat","mother":"users","status":"loaded","rows_read":9,"rows_loaded":9,"rows_rejected":0,"bytes_read":752,"verified":false,"seconds":0.5,"error":null}],"totals":{"units":1,"loaded":1,"unchanged":0,"failed":0,"refused":0,"not_loaded":0,"rows_read":9,"rows_loaded":9,"rows_rejected":0,"adjusted":0,"bytes_read":752},"error":null}"#);
    }
}
