//! Passes over many tables until a signal. A table that fails is tried again after growing pauses, and does not stop the others.

use super::link::{Linked, paces, with_link, workers_of};
use super::tables;
use super::watched::State;
use crate::copy::relay::pace::Pace;
use crate::pg::retry::Retries;
use crate::report::log::Verbosity;
use crate::report::{plural, print};
use crate::run::{interrupt, workers};
use crate::sync::open::Opening;
use crate::sync::outcome::Outcome;
use crate::sync::session;
use crate::sync::settings::Settings;
use crate::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a worker without work looks for some, and for signals.
const POLL: Duration = Duration::from_millis(20);
/// The most time between two looks for new tables of a schema.
const BETWEEN_LISTS: Duration = Duration::from_secs(60);
/// So many passes are made between two of these looks, if that is less.
const PASSES_BETWEEN_LISTS: u32 = 20;
struct Watch<'w> {
    jobs: &'w [Settings],
    paces: Vec<Pace>,
    verbosity: Verbosity,
    workers: usize,
    state: Mutex<State>,
}

/// Keeps the destinations of all jobs the same until a signal stops it.
///
/// # Errors
/// What is wrong before a table is touched; a signal in the middle of a pass; tables that were not the same when a signal came.
pub fn watch(jobs: &[Settings], verbosity: Verbosity) -> Result<()> {
    let items = tables::of_jobs_with(jobs, Retries::endless())?;
    tables::warn_of_circles(&items);
    let workers = workers_of(jobs);
    let state = State::new(items, workers, jobs.len());
    let watch = Watch { jobs, paces: paces(jobs), verbosity, workers, state: Mutex::new(state) };
    std::thread::scope(|scope| {
        scope.spawn(|| watch.keep_house());
        workers::side_by_side(0..workers, |_| watch.work())
    })
    .into_iter()
    .collect::<Result<Vec<()>>>()?;
    watch.end()
}

impl Watch<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) -> Result<()> {
        let mut link: Option<Linked> = None;
        while interrupt::requested().is_none() {
            let Some(pass) = self.lock().next() else {
                std::thread::sleep(POLL);
                continue;
            };
            let started = Instant::now();
            let mut outcome = Outcome::default();
            let opening = Opening {
                settings: &pass.settings,
                verbosity: self.verbosity,
                pace: &self.paces[pass.job],
                is_first: pass.is_first,
            };
            let done =
                workers::caught(|| with_link(&mut link, pass.job, opening, &mut outcome, pass.looks_closely));
            let done = done.map_err(|error| interrupt::check().err().unwrap_or(error));
            if outcome.has_changed() && self.verbosity != Verbosity::Quiet {
                print(&outcome.line(&pass.settings.name_there()))?;
            }
            self.lock().conclude(&pass, started, &outcome, done);
        }
        Ok(())
    }

    /// Looks for new tables, and runs the statements of jobs whose tables have changed.
    fn keep_house(&self) {
        let (mut listed, mut ran) = (Instant::now(), vec![None::<Instant>; self.jobs.len()]);
        let passes = self.jobs.iter().filter(|job| job.schema.is_some()).map(|job| job.every).min();
        let between_lists = passes.map(|every| every.saturating_mul(PASSES_BETWEEN_LISTS).min(BETWEEN_LISTS));
        while interrupt::requested().is_none() {
            std::thread::sleep(POLL);
            for (number, job) in self.jobs.iter().enumerate() {
                let is_due = ran[number].is_none_or(|last| last.elapsed() >= job.every);
                if job.after.is_empty() || !is_due || !std::mem::take(&mut self.lock().changed[number]) {
                    continue;
                }
                ran[number] = Some(Instant::now());
                if let Err(error) = session::run_after(job) {
                    tracing::error!("{error}");
                    self.lock().changed[number] = true;
                }
            }
            if between_lists.is_some_and(|between| listed.elapsed() >= between) {
                listed = Instant::now();
                match tables::of_jobs(self.jobs) {
                    Ok(items) => self.lock().update(items, self.workers),
                    Err(error) => tracing::debug!("the tables cannot be listed: {error}"),
                }
            }
        }
    }

    fn end(self) -> Result<()> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if state.is_interrupted {
            return interrupt::check();
        }
        let failed = state.failed();
        match failed.len() as u64 {
            0 => Ok(()),
            count => Err(Error::failed(format!(
                "the last pass has failed for {count} {}: {}",
                plural(count, "table"),
                failed.join(", ")
            ))),
        }
    }
}
