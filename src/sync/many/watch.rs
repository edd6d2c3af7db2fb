//! Passes over many tables until a signal. A table that fails is tried again after growing pauses, and does not stop the others.

use super::link::{Linked, paces, with_link, workers_of};
use super::schedule::share;
use super::tables::{self, Item};
use crate::copy::relay::pace::Pace;
use crate::exit::Exit;
use crate::pg::retry::{self, Retries};
use crate::report::log::Verbosity;
use crate::report::{plural, print};
use crate::run::{interrupt, workers};
use crate::sync::open::Opening;
use crate::sync::outcome::Outcome;
use crate::sync::session;
use crate::sync::settings::Settings;
use crate::sync::steps::BETWEEN_LOOKS;
use crate::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a worker without work looks for some, and for signals.
const POLL: Duration = Duration::from_millis(20);
/// The time between two looks for new tables of a schema.
const BETWEEN_LISTS: Duration = Duration::from_secs(60);
/// A table that fails for its data is tried again after this time; after each further failure, after twice the time.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest of these times.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A table that is watched.
struct Watched {
    item: Item,
    share: usize,
    is_gone: bool,
    is_running: bool,
    /// When the next pass is due.
    due: Instant,
    passes: u64,
    /// When the next look that reads all rows is due.
    look_due: Instant,
    looks: u64,
    failure: Option<Failure>,
}

struct Failure {
    /// The SQLSTATE, or the message.
    cause: String,
    count: u32,
}

/// A pass that is to be made.
struct Pass {
    place: usize,
    share: usize,
    job: usize,
    settings: Settings,
    is_first: bool,
    looks_closely: bool,
}

struct State {
    tables: Vec<Watched>,
    /// The workers that are free.
    free: usize,
    /// The jobs whose tables have changed since their statements ran.
    changed: Vec<bool>,
    /// Whether a signal has stopped a pass.
    is_interrupted: bool,
}

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
    let workers = workers_of(jobs);
    let all = items.iter().map(|item| item.bytes).sum();
    let tables = items.into_iter().map(|item| Watched::new(item, workers, all)).collect();
    let state = State { tables, free: workers, changed: vec![false; jobs.len()], is_interrupted: false };
    let watch = Watch { jobs, paces: paces(jobs), verbosity, workers, state: Mutex::new(state) };
    std::thread::scope(|scope| {
        scope.spawn(|| watch.keep_house());
        workers::side_by_side(0..workers, |_| watch.work())
    })
    .into_iter()
    .collect::<Result<Vec<()>>>()?;
    watch.end()
}

impl Watched {
    fn new(item: Item, workers: usize, all: u64) -> Watched {
        let now = Instant::now();
        Watched {
            share: share(workers, item.bytes, all),
            item,
            is_gone: false,
            is_running: false,
            due: now,
            passes: 0,
            look_due: now,
            looks: 0,
            failure: None,
        }
    }
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
        let has_schema = self.jobs.iter().any(|job| job.schema.is_some());
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
            if has_schema && listed.elapsed() >= BETWEEN_LISTS {
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
        let failed: Vec<String> = state
            .tables
            .iter()
            .filter(|table| table.failure.is_some() && !table.is_gone)
            .map(|table| table.item.settings.name_there())
            .collect();
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

impl State {
    /// The pass that is due for the longest time, if it may begin.
    fn next(&mut self) -> Option<Pass> {
        let now = Instant::now();
        let mut due: Vec<usize> = (0..self.tables.len())
            .filter(|place| {
                let table = &self.tables[*place];
                !table.is_running && !table.is_gone && table.due <= now
            })
            .collect();
        due.sort_by_key(|place| self.tables[*place].due);
        let is_idle = self.tables.iter().all(|table| !table.is_running);
        let may_begin = |place: &&usize| {
            let table = &self.tables[**place];
            // Rows that others refer to come first.
            let is_ahead = |other: &usize| {
                let other = &self.tables[*other];
                other.passes > table.passes || other.failure.is_some() || other.is_gone
            };
            table.share <= self.free && table.item.refers_to.iter().all(is_ahead)
        };
        let found = due.iter().find(may_begin).copied();
        let place = found.or_else(|| due.first().copied().filter(|_| is_idle))?;
        let looks_closely = self.may_look(place, now);
        let table = &mut self.tables[place];
        table.is_running = true;
        self.free = self.free.saturating_sub(table.share);
        Some(Pass {
            place,
            share: table.share,
            job: table.item.job,
            settings: Settings { workers: table.share, ..table.item.settings.clone() },
            is_first: table.passes == 0 && table.failure.is_none(),
            looks_closely,
        })
    }

    /// Whether it is time for the look of a table that finds deletes: rows go before those that they refer to.
    fn may_look(&self, place: usize, now: Instant) -> bool {
        let table = &self.tables[place];
        let refers = |other: &&Watched| other.item.refers_to.contains(&place);
        let is_ahead =
            |other: &Watched| other.looks > table.looks || other.failure.is_some() || other.is_gone;
        now >= table.look_due
            && (self.tables.iter().filter(refers).all(is_ahead) || now >= table.look_due + BETWEEN_LOOKS)
    }

    fn conclude(&mut self, pass: &Pass, started: Instant, outcome: &Outcome, done: Result<()>) {
        self.free += pass.share;
        self.changed[pass.job] |= outcome.has_changed();
        let table = &mut self.tables[pass.place];
        table.is_running = false;
        let Err(error) = done else {
            table.passes += 1;
            table.due = started + pass.settings.every;
            if pass.looks_closely {
                table.looks += 1;
                table.look_due = started + BETWEEN_LOOKS.max(pass.settings.every);
            }
            if table.failure.take().is_some() {
                tracing::info!("{} is synced again", pass.settings.name_there());
            }
            return;
        };
        if matches!(error.exit(), Exit::Interrupted(_)) {
            self.is_interrupted = true;
            return;
        }
        let cause = error.sqlstate().map_or_else(|| error.to_string(), str::to_owned);
        let earlier = table.failure.take();
        let count = earlier.as_ref().map_or(0, |failure| failure.count);
        let wait = match retry::is_of_connection(&error) {
            true => retry::backoff(count),
            false => FIRST_WAIT.saturating_mul(1 << count.min(10)).min(LONGEST_WAIT),
        };
        let name = pass.settings.name_there();
        match earlier.is_some_and(|failure| failure.cause == cause) {
            true => tracing::debug!("{name}: {error}; trying again in {:.1} s", wait.as_secs_f64()),
            false => tracing::error!("{name}: {error}; trying again in {:.1} s", wait.as_secs_f64()),
        }
        table.due = Instant::now() + wait;
        table.failure = Some(Failure { cause, count: count.saturating_add(1) });
    }

    /// Takes in the tables that the source has now.
    fn update(&mut self, items: Vec<Item>, workers: usize) {
        let all = items.iter().map(|item| item.bytes).sum();
        let mut places = Vec::new();
        for item in &items {
            let known = self.tables.iter().position(|table| {
                table.item.job == item.job && table.item.settings.to_table == item.settings.to_table
            });
            places.push(known.unwrap_or_else(|| {
                tracing::info!("{} is new at the source", item.settings.name_there());
                self.tables.push(Watched::new(item.clone(), workers, all));
                self.tables.len() - 1
            }));
        }
        for (item, place) in items.into_iter().zip(&places) {
            let table = &mut self.tables[*place];
            table.is_gone = false;
            table.item.refers_to = item.refers_to.iter().map(|other| places[*other]).collect();
        }
        for (place, table) in self.tables.iter_mut().enumerate() {
            if !table.is_gone && !places.contains(&place) {
                tracing::warn!("{} is gone at the source, and stays", table.item.settings.name_there());
                table.is_gone = true;
            }
        }
    }
}
