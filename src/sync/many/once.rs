//! One run over many tables.

use super::link::{Linked, paces, with_link, workers_of};
use super::schedule::{self, Schedule};
use super::tables::{self, Item};
use crate::copy::relay::pace::Pace;
use crate::exit::Exit;
use crate::pg::retry::Retries;
use crate::pg::sqlstate::SqlState;
use crate::report::log::Verbosity;
use crate::report::{Done, UnitReport, UnitStatus, plural, seconds, thousands};
use crate::run::{interrupt, workers};
use crate::sync::open::Opening;
use crate::sync::outcome::Outcome;
use crate::sync::session;
use crate::sync::settings::Settings;
use crate::{Error, Result};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a run has done with a table.
#[derive(Debug)]
pub struct TableRun {
    settings: Settings,
    outcome: Outcome,
    error: Option<Error>,
}

/// What a run has done with all of its tables.
#[derive(Debug)]
pub struct Runs {
    tables: Vec<TableRun>,
    /// What has failed of the statements that follow.
    after: Vec<(String, Error)>,
    time: Duration,
}

/// Makes the destinations of all jobs the same as their sources are now. What fails for one table does not stop the others.
///
/// # Errors
/// What is wrong before a table is touched. What happens to a table is in its run.
pub fn once(jobs: &[Settings], verbosity: Verbosity) -> Result<Runs> {
    let started = Instant::now();
    let retries = Retries::new(jobs.iter().map(|job| job.retries).max().unwrap_or(0));
    let items = tables::of_jobs_with(jobs, retries)?;
    tables::warn_of_circles(&items);
    let run = Run { jobs, items: &items, paces: paces(jobs), verbosity, tables: Mutex::new(Vec::new()) };
    {
        let mut tables = run.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let table = |item: &Item| TableRun {
            settings: item.settings.clone(),
            outcome: Outcome::default(),
            error: None,
        };
        tables.extend(items.iter().map(table));
    }
    // A row goes before the one that it refers to, and comes after it.
    let deletes_in_order = items.iter().any(|item| item.settings.deletes.is_some())
        && items.iter().any(|item| !item.refers_to.is_empty());
    let everything: Vec<usize> = (0..items.len()).collect();
    match deletes_in_order {
        false => run.rounds(Part::All, &everything),
        true => {
            run.rounds(Part::Rows, &everything);
            run.round(Part::Rest, &everything);
        }
    }
    let tables = run.tables.into_inner().unwrap_or_else(PoisonError::into_inner);
    let after = run_after(jobs, &items, &tables);
    Ok(Runs { tables, after, time: started.elapsed() })
}

/// What a round does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// Loads and changes.
    Rows,
    /// Deletes and comparisons.
    Rest,
}

/// So many rounds may follow the first one.
const FURTHER_ROUNDS: u32 = 3;

struct Run<'r> {
    jobs: &'r [Settings],
    items: &'r [Item],
    paces: Vec<Pace>,
    verbosity: Verbosity,
    tables: Mutex<Vec<TableRun>>,
}

impl Run<'_> {
    /// A round, and others for the tables whose rows came before those that they refer to: the source may have changed in between, or
    /// foreign keys form a circle.
    fn rounds(&self, part: Part, places: &[usize]) {
        self.round(part, places);
        for _ in 0..FURTHER_ROUNDS {
            let mut again = self.came_too_early();
            if again.is_empty() || interrupt::requested().is_some() {
                return;
            }
            for place in again.clone() {
                self.change(place, |table| table.error = None);
                again.extend(&self.items[place].refers_to);
            }
            again.sort_unstable();
            again.dedup();
            again.retain(|place| self.is_well(*place));
            self.round(part, &again);
        }
    }

    /// The tables that have failed for rows of other tables.
    fn came_too_early(&self) -> Vec<usize> {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = |place: &usize| {
            let error = tables[*place].error.as_ref();
            !self.items[*place].refers_to.is_empty()
                && error.is_some_and(|error| SqlState::from(error) == SqlState::RowConflict)
        };
        (0..tables.len()).filter(is_early).collect()
    }

    fn is_well(&self, place: usize) -> bool {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)[place].error.is_none()
    }

    fn round(&self, part: Part, places: &[usize]) {
        let workers = workers_of(self.jobs);
        let mut tasks = schedule::tasks(self.items, workers, part == Part::Rest);
        tasks.retain(|task| places.contains(&task.place));
        let schedule = Schedule::new(tasks, workers);
        let names = 0..workers.min(places.len());
        workers::side_by_side(names, |_| {
            let mut link: Option<Linked> = None;
            while let Some(task) = schedule.next() {
                let done = workers::caught(|| {
                    self.table(&mut link, task.place, task.share, part);
                    Ok(())
                });
                if let Err(error) = done {
                    self.change(task.place, |table| table.error = Some(error));
                }
                schedule.done(&task);
            }
            Ok(())
        });
        if let Err(error) = interrupt::check() {
            let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
            // What was not begun, or was stopped.
            let is_open = |table: &&mut TableRun| table.error.is_none() && table.outcome.is_empty();
            for table in tables.iter_mut().filter(is_open) {
                table.error = Some(Error::interrupted(interrupt::requested().unwrap_or_default()));
            }
            tracing::debug!("{error}");
        }
    }

    fn table(&self, link: &mut Option<Linked>, place: usize, share: usize, part: Part) {
        let item = &self.items[place];
        let mut settings = Settings { workers: share, ..item.settings.clone() };
        if part == Part::Rows {
            (settings.deletes, settings.verify) = (None, false);
        }
        // An earlier round may have done something already.
        let (mut outcome, mut is_over) = (Outcome::default(), false);
        self.change(place, |table| {
            let is_done = table.outcome.is_whole && !table.outcome.is_empty() && !settings.verify;
            is_over = table.error.is_some() || is_done;
            if !is_over {
                outcome = std::mem::take(&mut table.outcome);
            }
        });
        if is_over {
            return;
        }
        let error = self.bring_up_to_date(link, item.job, &settings, &mut outcome).err();
        self.change(place, |table| {
            table.outcome = outcome;
            table.error = error.map(|error| interrupt::check().err().unwrap_or(error));
        });
    }

    fn bring_up_to_date(
        &self,
        link: &mut Option<Linked>,
        job: usize,
        settings: &Settings,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut retries = Retries::new(settings.retries);
        let mut is_first = true;
        loop {
            let opening = Opening { settings, verbosity: self.verbosity, pace: &self.paces[job], is_first };
            let brought = with_link(link, job, opening, outcome, true);
            is_first = false;
            match brought {
                Ok(()) => return Ok(()),
                Err(error) => retries.wait_after(error)?,
            }
        }
    }

    fn change(&self, place: usize, change: impl FnOnce(&mut TableRun)) {
        change(&mut self.tables.lock().unwrap_or_else(PoisonError::into_inner)[place]);
    }
}

/// Runs the statements of the jobs whose tables have changed.
fn run_after(jobs: &[Settings], items: &[Item], tables: &[TableRun]) -> Vec<(String, Error)> {
    let has_changed = |number: usize| {
        let mut runs = items.iter().zip(tables).filter(|(item, _)| item.job == number);
        runs.any(|(_, table)| table.outcome.has_changed())
    };
    let mut failed = Vec::new();
    for (number, job) in jobs.iter().enumerate() {
        if job.after.is_empty() || !has_changed(number) || interrupt::requested().is_some() {
            continue;
        }
        failed.extend(session::run_after(job).err().map(|error| (job.after_key.clone(), error)));
    }
    failed
}

impl Runs {
    /// The summary for standard output: a line for each table, and one for all.
    pub fn summary(&self) -> String {
        let mut text: String =
            self.tables.iter().map(|table| table.outcome.summary(&table.settings.name_there())).collect();
        let count = |holds: fn(&TableRun) -> bool| {
            thousands(self.tables.iter().filter(|table| holds(table)).count() as u64)
        };
        let number = self.tables.len() as u64;
        text.push_str(&format!(
            "{} {}: {} changed, {} unchanged, {} failed, in {} s\n",
            thousands(number),
            plural(number, "table"),
            count(|table| table.error.is_none() && table.outcome.has_changed()),
            count(|table| table.error.is_none() && !table.outcome.has_changed()),
            count(|table| table.error.is_some()),
            seconds(self.time.as_secs_f64()),
        ));
        text
    }

    /// The report.
    pub fn done(&self) -> Done {
        let mut units = Vec::new();
        for TableRun { settings, outcome, error } in &self.tables {
            let (source, name) = (settings.source_name(), settings.name_there());
            units.extend(outcome.units(&source, &name));
            units.extend(error.as_ref().map(|error| UnitReport {
                error: Some(match error.to_string() {
                    said if matches!(error.exit(), Exit::Interrupted(_)) => said,
                    said if said.contains(&settings.to_table.1) => said,
                    said => format!("{name}: {said}"),
                }),
                ..UnitReport::empty(name, source, UnitStatus::Failed)
            }));
        }
        units.extend(self.after.iter().map(|(key, error)| UnitReport {
            error: Some(error.to_string()),
            ..UnitReport::empty(key, "", UnitStatus::Failed)
        }));
        units.into()
    }
}
