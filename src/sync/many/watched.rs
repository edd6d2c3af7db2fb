//! The tables of a watch: which pass is due, and how passes have ended.

use super::schedule::share;
use super::tables::Item;
use crate::Result;
use crate::exit::Exit;
use crate::pg::retry;
use crate::pg::sqlstate::SqlState;
use crate::sync::outcome::Outcome;
use crate::sync::settings::Settings;
use crate::sync::steps::BETWEEN_LOOKS;
use std::time::{Duration, Instant};

/// A table that fails for its data is tried again after this time; after each further failure, after twice the time.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest of these times.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// So often a table is tried again at once, if it has failed for a row of another table.
const EARLY: u32 = 3;

/// A table that is watched.
pub struct Watched {
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
    is_said: bool,
}

/// A pass that is to be made.
pub struct Pass {
    place: usize,
    share: usize,
    /// The place of its table's job.
    pub job: usize,
    /// The table, and what happens to it.
    pub settings: Settings,
    /// Whether it is the first one of its table.
    pub is_first: bool,
    /// Whether it does what reads whole tables.
    pub looks_closely: bool,
}

/// All tables that are watched, and what is going on.
pub struct State {
    tables: Vec<Watched>,
    /// The workers that are free.
    free: usize,
    /// The jobs whose tables have changed since their statements ran.
    pub changed: Vec<bool>,
    /// Whether a signal has stopped a pass.
    pub is_interrupted: bool,
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

impl State {
    /// All tables, of which none has had a pass.
    pub fn new(items: Vec<Item>, workers: usize, jobs: usize) -> State {
        let all = items.iter().map(|item| item.bytes).sum();
        let tables = items.into_iter().map(|item| Watched::new(item, workers, all)).collect();
        State { tables, free: workers, changed: vec![false; jobs], is_interrupted: false }
    }

    /// The tables whose last pass has failed.
    pub fn failed(&self) -> Vec<String> {
        let failed = self.tables.iter().filter(|table| table.failure.is_some() && !table.is_gone);
        failed.map(|table| table.item.settings.name_there()).collect()
    }

    /// The pass that is due for the longest time, if it may begin.
    pub fn next(&mut self) -> Option<Pass> {
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

    /// Takes in how a pass has ended.
    pub fn conclude(&mut self, pass: &Pass, started: Instant, outcome: &Outcome, done: Result<()>) {
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
            if table.failure.take().is_some_and(|failure| failure.is_said) {
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
        // The row that a row refers to comes with the next pass over its table, if the source has changed in between.
        let is_early = count < EARLY
            && SqlState::from(&error) == SqlState::RowConflict
            && !table.item.refers_to.is_empty();
        let wait = match (retry::is_of_connection(&error), is_early) {
            (true, _) => retry::backoff(count),
            (false, true) => pass.settings.every,
            (false, false) => FIRST_WAIT.saturating_mul(1 << count.min(10)).min(LONGEST_WAIT),
        };
        let name = pass.settings.name_there();
        match is_early || earlier.is_some_and(|failure| failure.cause == cause && failure.is_said) {
            true => tracing::debug!("{name}: {error}; trying again in {:.1} s", wait.as_secs_f64()),
            false => tracing::error!("{name}: {error}; trying again in {:.1} s", wait.as_secs_f64()),
        }
        table.due = Instant::now() + wait;
        table.failure = Some(Failure { cause, count: count.saturating_add(1), is_said: !is_early });
    }

    /// Takes in the tables that the source has now.
    pub fn update(&mut self, items: Vec<Item>, workers: usize) {
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
