//! The history of runs: a run is recorded when it has ended, and `pghaul status` shows what is there.

use crate::config::{Config, Span};
use crate::pg::connect::Target;
use crate::pg::database::Database;
use crate::report::{Layout, Report, RunStatus, json, seconds, size, table, thousands, to_the_second};
use crate::table::ledger::runs::{self, EndedRun, RunRecord, UnitRecord};
use crate::{Error, Result};
use postgres::Client;
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// How long runs are remembered, where `keep` does not say.
const KEEP: Span = Span(Duration::from_secs(400 * 86_400));

/// The most runs that are shown.
const MOST_SHOWN: i64 = 100;

/// The columns of runs.
const RUNS: Layout<'static, 8> = Layout {
    header: ["run", "started (UTC)", "command", "status", "units", "rows", "seconds", "why"],
    numbers: 5..7,
    spare: &["why", "seconds", "run"],
};
/// The columns of a unit's history.
const UNIT: Layout<'static, 8> = Layout {
    header: ["run", "started (UTC)", "from", "status", "rows", "size", "seconds", "why"],
    numbers: 4..7,
    spare: &["why", "seconds", "size", "run"],
};

/// The database of a run, which stays open until the run is recorded.
pub struct Opened {
    /// The database.
    pub database: Database,
    keep: Duration,
}

impl Opened {
    /// The database, and how long this configuration keeps runs.
    pub fn new(database: Database, config: &Config) -> Opened {
        Opened { database, keep: kept_for(config) }
    }
}

/// Records the run and closes the database, if it was opened.
pub fn close(opened: Option<Opened>, report: &Report, job: Option<&str>) {
    if let Some(Opened { database, keep }) = opened {
        record(|| database.connect(), report, job, keep);
        database.close();
    }
}

/// How long this configuration keeps runs.
pub fn kept_for(config: &Config) -> Duration {
    config.file.keep.unwrap_or(KEEP).0
}

/// Records a run in a database of its own, if it has changed a table or has failed: a pass that finds nothing to do costs no
/// connection.
pub fn record_in(target: &Target, report: &Report, job: Option<&str>, keep: Duration) {
    if report.totals.loaded > 0 || report.status != RunStatus::Ok {
        record(|| target.connect(), report, job, keep);
    }
}

/// What was refused has touched nothing, and so leaves no trace. A failure is no failure of the run: its rows are there.
fn record(connect: impl FnOnce() -> Result<Client>, report: &Report, job: Option<&str>, keep: Duration) {
    if report.status == RunStatus::Refused {
        return;
    }
    let recorded = serde_json::to_string(report).map_err(Error::failed).and_then(|json| {
        let exit_code = report.exit().code();
        let has_touched = report.totals.loaded > 0;
        runs::record(&mut connect()?, &EndedRun { report: &json, job, exit_code, has_touched }, keep)
    });
    if let Err(error) = recorded {
        tracing::debug!("the run is not in the history: {error}");
    }
}

/// The last runs, or what they have made of a unit, as a table or as JSON.
///
/// # Errors
/// A lost connection; a missing right.
pub fn text(client: &mut Client, unit: Option<&str>, as_json: bool) -> Result<String> {
    match unit {
        None => shown(&runs::last(client, MOST_SHOWN)?, as_json, &RUNS, run_row),
        Some(unit) => shown(&runs::of_unit(client, unit, MOST_SHOWN)?, as_json, &UNIT, unit_row),
    }
}

fn shown<R: Serialize>(
    records: &[R],
    as_json: bool,
    layout: &Layout<'_, 8>,
    row: impl Fn(&R) -> [String; 8],
) -> Result<String> {
    if as_json {
        return json(&records);
    }
    if records.is_empty() {
        return Ok("the history is empty: no run that loaded something has ended here\n".to_owned());
    }
    Ok(table(layout, &records.iter().map(row).collect::<Vec<_>>()))
}

/// What became of a run's units: `2 loaded, 1 unchanged`.
pub fn units_in_words(run: &RunRecord) -> String {
    let of_kinds = [
        (run.loaded, "loaded"),
        (run.unchanged, "unchanged"),
        (run.failed, "failed"),
        (run.refused, "refused"),
        (run.not_loaded, "not loaded"),
    ];
    let units: Vec<String> = of_kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", thousands(count.unsigned_abs())))
        .collect();
    units.join(", ")
}

/// The command of a run, with its job.
pub fn command_of(run: &RunRecord) -> String {
    let words = [Some(run.command.as_str()), run.job.as_deref()];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn run_row(run: &RunRecord) -> [String; 8] {
    [
        run.run.to_string(),
        to_the_second(&run.started_at),
        command_of(run),
        run.status.clone(),
        units_in_words(run),
        thousands(run.rows_loaded.unsigned_abs()),
        seconds(run.seconds),
        first_line(run.error.as_deref()),
    ]
}

fn unit_row(unit: &UnitRecord) -> [String; 8] {
    [
        unit.run.to_string(),
        to_the_second(&unit.started_at),
        unit.source.clone(),
        unit.status.replace('_', " "),
        thousands(unit.rows_loaded.unsigned_abs()),
        size(unit.bytes_read.unsigned_abs()),
        seconds(unit.seconds),
        unit.error.as_deref().map_or_else(|| of_guards(&unit.guards), |error| first_line(Some(error))),
    ]
}

/// The guards that a unit did not pass, though it was published.
fn of_guards(guards: &Value) -> String {
    let text = |guard: &Value, key: &str| guard[key].as_str().unwrap_or_default().to_owned();
    let not_passed = guards.as_array().into_iter().flatten().filter(|guard| guard["status"] != "passed");
    let words = not_passed.map(|guard| format!("{}: {}", text(guard, "status"), text(guard, "guard")));
    words.collect::<Vec<_>>().join(", ")
}

/// The beginning of an error.
pub fn first_line(error: Option<&str>) -> String {
    error.and_then(|error| error.lines().next()).unwrap_or_default().to_owned()
}
