//! One try at a unit, from the first statement to the commit.
//!
//! ```text
//! UnitLoad::publish   begin ─→ fill ─→ judge ─→ publish ─→ commit ─→ conclude
//! UnitLoad::stage              fill ─→ judge ─→ seal    ─→ commit
//! ```

use super::begin::{Begun, begin};
use super::fill::{fill_by_many, fill_by_one};
use super::publication::{Loaded, Publication, publish};
use super::staged::Staged;
use super::unit_copy::UnitCopy;
use crate::copy::notices::{Counts, NoticeCounts};
use crate::copy::rejects::lines::Rejects;
use crate::ingest::guard::{self, Candidate};
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::report::guard::GuardReport;
use crate::report::progress::UnitProgress;
use crate::report::steps::Steps;
use crate::report::timeline::Step;
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Result};
use postgres::{Client, Transaction};
use std::sync::{Mutex, PoisonError};

/// A unit to be loaded, and what that needs besides a connection.
#[derive(Clone, Copy)]
pub struct UnitLoad<'u> {
    /// The unit.
    pub unit: &'u Unit,
    /// What is asked for.
    pub settings: &'u Settings,
    /// Where streams, and questions about values, get connections of their own.
    pub database: &'u Database,
    /// Counts the bytes.
    pub progress: &'u UnitProgress,
    /// Whether as many streams as there are workers load it. Where the server has no room for two, one stream does.
    pub by_many: bool,
    /// Takes what the unit's guards have found.
    pub found: &'u Mutex<Vec<GuardReport>>,
}

/// A load whose commit was not answered: it may have happened.
#[derive(Debug)]
pub struct Unanswered {
    rows: u64,
    rejects: Rejects,
    notices: Counts,
    verified: bool,
}

/// A table that is filled, and finished by what the load is for.
struct Filled<T> {
    rows: u64,
    rejects: Rejects,
    notices: Counts,
    finished: T,
}

impl UnitLoad<'_> {
    /// Loads the unit into a table that others do not see, and publishes it.
    ///
    /// `unanswered` may hold the load of an earlier try. It is concluded if it turns out to have been committed.
    ///
    /// The table is attached to its mother only at the end. `CREATE TABLE … INHERITS` at the start would lock the mother during
    /// the whole load, and the versions of one mother would be loaded one after another.
    ///
    /// # Errors
    /// The first row that cannot be loaded; a damaged dump; what the server reports; Ctrl-C. The version tables are as before
    /// then. A staging table that many streams have filled is dropped, or goes with the next run.
    pub fn publish(&self, client: &mut Client, unanswered: &mut Option<Unanswered>) -> Result<Publication> {
        let mut steps = Steps::new(self.unit.table.name(), Step::Prepare);
        let started = steps.started;
        let Some(Begun { mut transaction, work_table, replaces }) = begin(self.unit, self.settings, client)?
        else {
            return Ok(self.conclude(unanswered.take(), &mut steps, client));
        };
        steps.go_on(Step::Create);
        let finish = |copy: &UnitCopy<'_>, rows: u64, attempt: &mut Transaction<'_>| {
            self.judge(copy, rows, attempt)?;
            publish(copy, replaces, rows, started, attempt)
        };
        let filled = self.fill(&work_table, &mut transaction, &mut steps, finish);
        // What only the load notices, such as damage of a member, is no refusal.
        let Filled { rows, rejects, notices, .. } = filled.map_err(Error::into_failed)?;
        *unanswered = Some(Unanswered { rows, rejects, notices, verified: self.settings.verify });
        transaction.commit()?;
        Ok(self.conclude(unanswered.take(), &mut steps, client))
    }

    /// Loads the unit into its staging table, where it waits for the other versions of its mother. A table that an earlier
    /// run has left is dropped. Other runs must be kept away from the mother.
    ///
    /// # Errors
    /// As [`UnitLoad::publish`]. The staging table is left only where the connection failed: the next try, or run, drops it.
    pub fn stage(&self, client: &mut Client) -> Result<Staged> {
        let mut steps = Steps::new(self.unit.table.name(), Step::Create);
        let started = steps.started;
        let staging = Staging::of(&self.unit.table);
        let mut transaction = client.transaction()?;
        let finish = |copy: &UnitCopy<'_>, rows: u64, attempt: &mut Transaction<'_>| {
            self.judge(copy, rows, attempt)?;
            if let Some(statement) = self.unit.drop_defaults_statement(copy.table) {
                attempt.batch_execute(&statement)?;
            }
            interrupt::check()?;
            staging.seal(attempt)
        };
        let filled = self.fill(staging.table(), &mut transaction, &mut steps, finish);
        let filled = filled.map_err(Error::into_failed)?;
        transaction.commit()?;
        steps.finish("staged");
        lock::analyze_or_warn(client, staging.table());
        steps.log("analyzed");
        let Filled { rows, rejects, notices, finished: oid } = filled;
        Ok(Staged { rows, rejects, notices, started, oid })
    }

    /// Judges the rejects and the rows that are loaded, before others see them.
    ///
    /// # Errors
    /// Too many rejects; the refusal of a guard; what the server reports; Ctrl-C.
    fn judge(&self, copy: &UnitCopy<'_>, rows: u64, transaction: &mut Transaction<'_>) -> Result<()> {
        copy.rejects.judge(rows)?;
        let is_accepted = self.settings.accept.iter().any(|name| name == self.unit.table.name());
        let (unit, table, figures) = (self.unit, copy.table, copy.figures);
        let candidate = Candidate { unit, table, rows, figures, is_accepted };
        let reports = guard::judge(&candidate, transaction)?;
        let outcome = guard::refusal(unit, &reports);
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = reports;
        outcome
    }

    /// Fills `table` by one stream, or the staging table by many, and verifies it where that is asked for. Then calls `finish`
    /// with the copy, whose table holds the rows, and the number of rows.
    fn fill<T>(
        &self,
        table: &Qualified,
        transaction: &mut Transaction<'_>,
        steps: &mut Steps<'_>,
        finish: impl Fn(&UnitCopy<'_>, u64, &mut Transaction<'_>) -> Result<T>,
    ) -> Result<Filled<T>> {
        let UnitLoad { unit, settings, database, progress, by_many, .. } = *self;
        let rejects = unit.rejects(settings);
        let verification = settings.verify.then(|| unit.verification());
        let notices = NoticeCounts::default();
        let figures = guard::measure::figures(unit);
        let copy = UnitCopy {
            unit,
            settings,
            database,
            table,
            progress,
            rejects: &rejects,
            notices: &notices,
            verification: verification.as_ref(),
            figures: figures.as_ref(),
        };
        let wanted = if by_many { settings.workers } else { 0 };
        let mut streams = database.connect_up_to(None, wanted);
        let (rows, finished) = if streams.len() > 1 {
            fill_by_many(&copy, &mut streams, transaction, steps, finish)?
        } else {
            drop(streams);
            let rows = fill_by_one(&copy, transaction, steps)?;
            (rows, finish(&copy, rows, transaction)?)
        };
        let notices = notices.all();
        Ok(Filled { rows, rejects, notices, finished })
    }

    /// Reports the rejects and takes statistics of a unit that this run has published. `None` is one that another run has.
    fn conclude(&self, load: Option<Unanswered>, steps: &mut Steps<'_>, client: &mut Client) -> Publication {
        let Some(Unanswered { rows, rejects, notices, verified }) = load else {
            steps.finish("unchanged");
            return Publication::UpToDate;
        };
        steps.finish("published");
        rejects.log_outcome();
        lock::analyze_or_warn(client, &self.unit.table);
        steps.log("analyzed");
        let (rejected, bytes) = (rejects.count(), self.unit.source.bytes);
        Publication::Loaded(Loaded { rows, rejected, notices, bytes, verified })
    }
}
