//! `pghaul fetch`: a rate-limited API into a table, at the limit and never over it.
//!
//! ```text
//! settings ─→ requests ─→ pipeline: queue, api (limiter), response (filter, pages), writer ─→ publish
//!             (template)            └──────────────── ledger ────────────────┘
//! ```

mod advice;
pub mod api;
mod bar;
mod csv;
mod fetchers;
pub mod json;
mod ledger;
pub mod pages;
mod pipeline;
mod queue;
pub mod requests;
pub mod response;
pub mod secrets;
pub mod settings;
pub mod since;
mod summary;
mod tally;
mod url;
mod writer;

use crate::config::Mode;
use crate::copy::rejects::values::ValueRejects;
use crate::pg::database::Database;
use crate::pg::{lock, statements};
use crate::report::log::Verbosity;
use crate::report::stopwatch::Stopwatch;
use crate::report::timeline::{self, Step};
use crate::report::{Done, SecondsIn, UnitStatus, plural, thousands};
use crate::run::interrupt;
use crate::table::into::{Durability, Stage, TargetTable};
use crate::table::ledger::fetches::{self, LastRun};
use crate::{Error, Place, Result};
use api::client;
use postgres::Client;
use settings::Settings;
use std::collections::HashMap;
use std::time::Instant;
use tally::Filled;
use writer::Writers;

pub use summary::summary;

/// Fetches a job's rows into its table.
///
/// # Errors
/// What is wrong before the first request (exit code 2); then the first failure that concerns more than one request. What
/// happens to a request is in its report.
pub fn run(settings: &Settings, database: &Database, verbosity: Verbosity) -> Result<Done> {
    let watch = Stopwatch::default();
    let mut client = client::Client::new(settings.client_settings())?;
    let mut connection = database.connect()?;
    let key = |list: &str| format!("fetch.{}.{list}", settings.job);
    if !settings.resume {
        let _work = watch.begin();
        statements::execute(&mut connection, &key("before"), &settings.before)
            .map_err(|error| error.remedy("correct the statement; no request was made"))?;
    }
    let target = TargetTable::find(&mut connection, &settings.into, None)?;
    fetches::set_up(&mut connection).map_err(Error::into_refused)?;
    if let Some(limit) = settings.shared_limit() {
        client.share(limit, database.connect()?);
    }
    let lock = format!("the table {}", target.table());
    lock::exclusively(&mut connection, &lock, |connection| {
        let job = Job { settings, database, verbosity, watch: &watch };
        let mut done = job.fetch(connection, target, client)?;
        if done.error.is_none() {
            let _work = watch.begin();
            statements::execute(connection, &key("after"), &settings.after)
                .map_err(|error| error.remedy("the rows are published; correct the statement"))?;
        }
        done.seconds_in = done.seconds_in.map(|times| SecondsIn { database: watch.seconds(), ..times });
        Ok(done)
    })
}

struct Job<'j> {
    settings: &'j Settings,
    database: &'j Database,
    verbosity: Verbosity,
    /// Measures the work of the database.
    watch: &'j Stopwatch,
}

/// The tables of a run.
struct Begun {
    target: TargetTable,
    /// The staging table, if rows do not go into the target at once.
    staging: Option<Stage>,
    /// Whether the run goes on with what an earlier one has begun.
    goes_on: bool,
}

impl Job<'_> {
    fn fetch(&self, connection: &mut Client, target: TargetTable, client: client::Client) -> Result<Done> {
        let settings = self.settings;
        let begun = timeline::during(Step::Create, &settings.job, || self.begin(connection, target));
        let Begun { target, staging, goes_on } = begun?;
        let secrets = settings.secrets.clone();
        let rejects = ValueRejects::new(&settings.rejects, &settings.job, settings.max_rejects, goes_on)
            .hiding(move |text| secrets.hide_known(text));
        rejects.check().map_err(|error| error.advised(advice::of))?;
        let since = self.since(connection, &target, goes_on)?;
        fetches::begin(
            connection,
            &settings.job,
            &target.table().to_string(),
            &settings.into.mode.to_string(),
            since.as_deref(),
            goes_on,
        )?;
        let before = match goes_on {
            true => ledger::progress(connection, &settings.job, &settings.secrets)?,
            false => HashMap::new(),
        };
        let writers = Writers {
            settings,
            database: self.database,
            target: &target,
            staging: staging.as_ref().map(Stage::table),
            rejects: &rejects,
            watch: self.watch,
        };
        let filled = pipeline::fill(&writers, client, since.as_deref(), &before, self.verbosity);
        let filled = filled.map_err(|error| match interrupt::check() {
            Err(interrupted) => interrupted,
            Ok(()) => {
                error.advised(advice::of).remedy("the rows so far are kept: --resume goes on with them")
            }
        })?;
        if filled.failed > settings.max_failures {
            fetches::end(connection, &settings.job, "failed")?;
            return Ok(self.not_published(filled, staging.is_some()));
        }
        rejects.judge().map_err(|error| error.advised(advice::of))?;
        if let Some(staging) = staging.as_ref().filter(|_| !settings.into.allow_empty)
            && is_empty(connection, staging)?
        {
            fetches::end(connection, &settings.job, "failed")?;
            return Err(Error::failed("no row has come; the table's rows stay as they are")
                .at(Place::file(format!("fetch.{}", settings.job)))
                .remedy("if there is nothing to have, write into: {…, allow_empty: true}"));
        }
        timeline::during(Step::Publish, &settings.job, || {
            self.publish(connection, &target, staging.as_ref(), filled.failed == 0)
        })?;
        rejects.log_outcome();
        Ok(filled.into())
    }

    /// The value of [`since::NAME`]. A run that goes on with another one asks for the same.
    fn since(&self, connection: &mut Client, target: &TargetTable, goes_on: bool) -> Result<Option<String>> {
        let Some(since) = &self.settings.since else { return Ok(None) };
        let of_run = if goes_on { fetches::since_of_run(connection, &self.settings.job)? } else { None };
        match of_run {
            Some(value) => Ok(Some(value)),
            None => since.begin(connection, &self.settings.job, target.table()).map(Some),
        }
    }

    /// Decides whether the run goes on with an earlier one, and which table its rows go into.
    fn begin(&self, connection: &mut Client, target: TargetTable) -> Result<Begun> {
        let replaces = target.mode() == Mode::Replace;
        let last =
            if self.settings.resume { fetches::last_run(connection, &self.settings.job)? } else { None };
        if let Some(LastRun { target: table, mode, .. }) = &last
            && (*table != target.table().to_string() || *mode != target.mode().to_string())
        {
            return Err(Error::refused(format!(
                "the last run of this job was into {table} with mode {mode}"
            ))
            .at(Place::file(format!("fetch.{}", self.settings.job)))
            .remedy("run without --resume"));
        }
        match last {
            Some(last) if replaces && last.status == "published" => {
                tracing::info!("the last run was published; what it lacks is added");
                return Ok(Begun { target: target.appending(), staging: None, goes_on: true });
            }
            Some(_) if replaces => {
                if let Some(staging) = self.stage_left(connection, &target)? {
                    return Ok(Begun { target, staging: Some(staging), goes_on: true });
                }
                tracing::warn!("the rows of the last run are gone, or the table was altered; starting over");
            }
            Some(_) => return Ok(Begun { target, staging: None, goes_on: true }),
            None if self.settings.resume => tracing::info!("nothing to resume; starting over"),
            None => {}
        }
        let staging = if replaces { Some(target.stage(connection, Durability::Always)?) } else { None };
        Ok(Begun { target, staging, goes_on: false })
    }

    /// The staging table of the last run, if it has as many rows as the ledger says. The staging table of an unlogged target
    /// loses its rows when the server crashes.
    fn stage_left(&self, connection: &mut Client, target: &TargetTable) -> Result<Option<Stage>> {
        let Some(staging) = target.leftover_stage(connection)? else { return Ok(None) };
        let held: i64 =
            connection.query_one(&format!("SELECT count(*) FROM {}", staging.table()), &[])?.get(0);
        Ok((held == fetches::rows(connection, &self.settings.job)?).then_some(staging))
    }

    /// Replaces the rows of the table, where the run has a staging table, and records the end.
    /// If the run is complete, the ledger gets the value that the next one begins with.
    fn publish(
        &self,
        connection: &mut Client,
        target: &TargetTable,
        staging: Option<&Stage>,
        is_complete: bool,
    ) -> Result<()> {
        let _work = self.watch.begin();
        let started = Instant::now();
        let mut transaction = connection.transaction()?;
        if let Some(staging) = staging {
            target.publish(staging, &mut transaction)?;
        }
        if let Some(since) = self.settings.since.as_ref().filter(|_| is_complete) {
            let last = since.end(&mut transaction, &self.settings.job, target.table())?;
            fetches::set_since(&mut transaction, &self.settings.job, last.as_deref())?;
        }
        fetches::end(&mut transaction, &self.settings.job, "published")?;
        interrupt::check()?;
        transaction.commit()?;
        tracing::debug!("published in {:.1} ms", started.elapsed().as_secs_f64() * 1000.0);
        Ok(())
    }

    /// The report of a run with too many failed requests.
    fn not_published(&self, filled: Filled, replaces: bool) -> Done {
        let count = filled.failed;
        let (requests, most) = (plural(count, "request"), self.settings.max_failures);
        let stays = if replaces { "nothing was published" } else { "the rows of the others are there" };
        let error = format!(
            "{} {requests} failed, and --max-failures allows {most}: {stays}; --resume repeats what is missing",
            thousands(count)
        );
        let mut done = Done::from(filled);
        if replaces {
            // Their rows are in the staging table, which was not published.
            done.units.retain(|unit| unit.status == UnitStatus::Failed);
        }
        let place = Place::file(format!("fetch.{}", self.settings.job));
        done.error = Some(Error::failed(error).at(place).to_string());
        done
    }
}

/// Whether a staging table has no rows.
fn is_empty(connection: &mut Client, staging: &Stage) -> Result<bool> {
    let sql = format!("SELECT NOT EXISTS (SELECT FROM {})", staging.table());
    Ok(connection.query_one(&sql, &[])?.get(0))
}
