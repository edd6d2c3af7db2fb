//! A worker: it loads one unit after another over a connection of its own, and tries again where the connection fails. The
//! worker that loads the last version of a mother that is recreated publishes all of them.

use super::gathering::{self, Gathering, Outcome, Settled, held_back};
use super::unit_report::{not_begun, unit_report};
use crate::ingest::advice;
use crate::ingest::plan::unit::Unit;
use crate::ingest::publish::load_unit::UnitLoad;
use crate::ingest::publish::publication::Publication;
use crate::ingest::publish::recreation;
use crate::ingest::publish::staged::Staged;
use crate::ingest::settings::Settings;
use crate::pg::database::{Database, lost_connection};
use crate::pg::retry::{self, Retries};
use crate::report::UnitReport;
use crate::report::guard::GuardReport;
use crate::report::progress::Progress;
use crate::report::timeline::{self, MarkKind, Step};
use crate::run::{interrupt, workers};
use crate::{Place, Result};
use postgres::Client;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The index of a unit, and its report.
pub type IndexedReport = (usize, UnitReport);

/// What the guards of a unit have found, by its last try.
type Found = Mutex<Vec<GuardReport>>;

fn taken(found: Found) -> Vec<GuardReport> {
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A thread's part in a load, with the connection that it owns.
pub struct Worker<'r> {
    /// All units of the run.
    pub units: &'r [Unit],
    /// The mothers that are recreated.
    pub gatherings: &'r [Gathering<'r>],
    /// What is asked for.
    pub settings: &'r Settings,
    /// Where to load.
    pub database: &'r Database,
    /// Counts the bytes.
    pub progress: &'r Progress,
    /// The connection, unless it was lost, or there was no room for it.
    pub client: Option<Client>,
}

impl Worker<'_> {
    /// Loads a unit; returns the reports that are known then: its own, or none, or those of all versions of its mother.
    pub fn work(&mut self, index: usize, by_many: bool) -> Vec<IndexedReport> {
        let unit = &self.units[index];
        let started = Instant::now();
        let is_recreated = |gathering: &&Gathering<'_>| *gathering.recreation.mother() == unit.mother;
        let interrupted = interrupt::check().err();
        let found = Mutex::default();
        let Some(gathering) = self.gatherings.iter().find(is_recreated) else {
            if let Some(interrupted) = interrupted {
                return vec![(index, not_begun(unit, &interrupted))];
            }
            let outcome = self.load(unit, by_many, &found);
            return vec![(index, unit_report(unit, started.elapsed().as_secs_f64(), outcome, taken(found)))];
        };
        let outcome = match interrupted.is_some() || gathering.is_hopeless() {
            true => Outcome::Untried,
            false => gathering
                .check()
                .map_err(|error| error.at(unit.source.place()))
                .and_then(|()| self.stage(unit, by_many, &found))
                .map_or_else(Outcome::Failed, |staged| Outcome::Staged(Box::new(staged))),
        };
        let version =
            Settled { index, seconds: started.elapsed().as_secs_f64(), guards: taken(found), outcome };
        gathering.settle(version).map_or_else(Vec::new, |versions| self.conclude(gathering, versions))
    }

    fn load(&mut self, unit: &Unit, by_many: bool, found: &Found) -> Result<Publication> {
        let mut unanswered = None;
        self.try_unit(unit, by_many, found, |load, client| load.publish(client, &mut unanswered))
    }

    fn stage(&mut self, unit: &Unit, by_many: bool, found: &Found) -> Result<Staged> {
        self.try_unit(unit, by_many, found, |load, client| load.stage(client))
    }

    fn try_unit<T>(
        &mut self,
        unit: &Unit,
        by_many: bool,
        found: &Found,
        mut work: impl FnMut(&UnitLoad<'_>, &mut Client) -> Result<T>,
    ) -> Result<T> {
        let (settings, database, progress) = (self.settings, self.database, self.progress);
        let tried = self.retry(&unit.source.place(), |client| {
            let bar = progress.unit(unit.table.name(), unit.source.bytes);
            let load = UnitLoad { unit, settings, database, progress: &bar, by_many, found };
            work(&load, client).inspect_err(|_| bar.restart()).map_err(|error| {
                let error = unit.source.data.locate(error);
                error.explained(|column, hint| unit.columns.advice(column, hint, &unit.types))
            })
        });
        tried.inspect_err(|error| {
            if interrupt::requested().is_none() {
                timeline::mark(MarkKind::Failure, 1, || error.to_string());
            }
        })
    }

    /// Publishes the versions of a mother if all of them were loaded, or else drops the staging tables; reports on all.
    fn conclude(&mut self, gathering: &Gathering<'_>, versions: Vec<Settled>) -> Vec<IndexedReport> {
        let recreation = gathering.recreation;
        let mother = recreation.mother().name();
        let units = self.units;
        let (mut failure, mut cause) = (None, gathering::cause(&versions, units));
        if cause.is_none() {
            let staged = gathering::staged(&versions, units);
            let published = self.retry(&Place::table(mother), |client| {
                timeline::during(Step::Publish, mother, || recreation::publish(recreation, &staged, client))
            });
            match published {
                Ok(()) => recreation::log(recreation),
                Err(error) => {
                    (failure, cause) = (Some(error), Some(format!("{mother} could not be recreated")))
                }
            }
        }
        if cause.is_some() {
            self.discard(&versions);
        }
        let verified = self.settings.verify;
        let report = |Settled { index, seconds, guards, outcome }| {
            let unit = &units[index];
            if let (Outcome::Untried, Err(interrupted)) = (&outcome, interrupt::check()) {
                return (index, not_begun(unit, &interrupted));
            }
            let outcome = match (outcome, &cause) {
                (Outcome::Failed(error), _) => Err(error),
                (Outcome::Staged(staged), None) => {
                    staged.rejects.log_outcome();
                    Ok(Publication::Loaded(staged.loaded(unit, verified)))
                }
                // A failure of the publication is reported once, with the first version.
                (_, cause) => Err(failure.take().unwrap_or_else(|| held_back(unit, cause.as_deref()))),
            };
            (index, unit_report(unit, seconds, outcome, guards))
        };
        versions.into_iter().map(report).collect()
    }

    fn discard(&mut self, versions: &[Settled]) {
        let units = self.units;
        let discarded = self.with_client(|client| {
            versions.iter().for_each(|version| Staged::discard(&units[version.index], client));
            Ok(())
        });
        if let Err(error) = discarded {
            tracing::warn!("tables of versions that are not published go with the next run: {error}");
        }
    }

    /// Does `work`, and does it again where its connection failed.
    ///
    /// # Errors
    /// Those of `work` and of connecting, at `place`.
    pub fn retry<T>(&mut self, place: &Place, mut work: impl FnMut(&mut Client) -> Result<T>) -> Result<T> {
        let mut retries = Retries::new(self.settings.retries);
        loop {
            match self.try_once(place, &mut work) {
                Ok(done) => return Ok(done),
                Err(error) => retries.wait_after(error)?,
            }
        }
    }

    fn try_once<T>(&mut self, place: &Place, work: &mut impl FnMut(&mut Client) -> Result<T>) -> Result<T> {
        // A panic drops the connection, and the transaction with it.
        let outcome = workers::caught(|| interrupt::check().and_then(|()| self.with_client(work)));
        // The server reports a statement that Ctrl-C has cancelled in its own words.
        outcome.map_err(|error| match interrupt::check() {
            Err(interrupted) => interrupted,
            Ok(()) => error.advised(advice::of).at(place.clone()),
        })
    }

    fn with_client<T>(&mut self, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
        // The driver also closes a connection whose COPY could not start.
        let mut client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            // The place of the error is the unit's.
            None => self.database.connect().map_err(retry::into_failed)?,
        };
        let outcome = work(&mut client);
        let lost = client.is_closed();
        self.client = Some(client);
        // The driver loses the server's last words where they come in the middle of a COPY.
        outcome.map_err(|error| if lost { lost_connection(error) } else { error })
    }
}
