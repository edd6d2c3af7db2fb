//! Once, or again and again: passes over all replicas, waits between them, and what is said meanwhile.

use super::replica::{Drained, Drainer};
use super::settings::{Pace, Settings, Source, Which};
use crate::Result;
use crate::error::Error;
use crate::exit::Exit;
use crate::pg::database::Database;
use crate::pg::retry::Retries;
use crate::report::{Done, UnitReport, UnitStatus, plural, seconds, thousands};
use crate::run::interrupt;
use crate::table::ledger::drains::Watched;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a wait looks for signals.
const POLL: Duration = Duration::from_millis(20);
/// A replica that fails for its rows is tried again after this time, and each time twice as long.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);
/// But never later.
const LONGEST_PATIENCE: Duration = Duration::from_secs(300);

/// What a run has come to so far.
struct Run<'r> {
    settings: &'r Settings,
    drainer: Drainer<'r>,
    replicas: BTreeMap<String, Replica>,
    watched: Watched,
    last_beat: Option<Instant>,
}

/// What is known of a replica.
#[derive(Default)]
struct Replica {
    drained: Drained,
    seconds: f64,
    /// What stands against it, and when it is tried again.
    failure: Option<Failure>,
}

struct Failure {
    message: String,
    patience: Duration,
    until: Instant,
}

/// Drains what there is, or what comes until a signal asks to stop.
///
/// # Errors
/// What is wrong before anything is touched; a signal that came in the middle of a batch. What happens to a replica is in its
/// report.
pub fn run(settings: &Settings, database: &Database) -> Result<Done> {
    let drainer = Drainer::new(settings, database);
    let mut run =
        Run { settings, drainer, replicas: BTreeMap::new(), watched: Watched::default(), last_beat: None };
    let ended = match settings.pace {
        Pace::Once => run.pass(true),
        Pace::Watch { every, heartbeat } => run.watch(every, heartbeat),
    };
    match ended {
        Ok(()) => Ok(run.done()),
        // A batch that a signal has stopped is in the report; where there was none, waiting has ended.
        Err(error) if is_interrupted(&error) && (run.has_failed() || settings.pace != Pace::Once) => {
            Ok(run.done())
        }
        Err(error) => Err(error),
    }
}

fn is_interrupted(error: &Error) -> bool {
    matches!(error.exit(), Exit::Interrupted(_))
}

impl Run<'_> {
    fn watch(&mut self, every: Duration, heartbeat: Duration) -> Result<()> {
        let mut is_first = true;
        loop {
            let began = Instant::now();
            self.pass(is_first)?;
            is_first = false;
            self.beat(heartbeat)?;
            let every = every.max(POLL);
            while began.elapsed() < every {
                interrupt::check()?;
                std::thread::sleep(POLL);
                self.beat(heartbeat)?;
            }
            interrupt::check()?;
        }
    }

    /// Drains all replicas that have rows. What is wrong with all of them ends the run, if it is the first pass.
    fn pass(&mut self, is_first: bool) -> Result<()> {
        let replicas = self.again(|run| run.drainer.replicas());
        let replicas = match replicas {
            Ok(replicas) => replicas,
            Err(error) if is_interrupted(&error) => return Err(error),
            // Nothing was touched.
            Err(error) if is_first => return Err(error.into_refused()),
            Err(error) => {
                tracing::warn!("{error}");
                return Ok(());
            }
        };
        for name in replicas {
            if self.replicas.get(&name).is_some_and(Replica::is_to_wait) {
                continue;
            }
            interrupt::check()?;
            let began = Instant::now();
            let drained = self.again(|run| run.drainer.drain(&name));
            let seconds = began.elapsed().as_secs_f64();
            match drained {
                Ok(drained) => self.conclude(&name, drained, seconds),
                Err(error) if is_interrupted(&error) => {
                    self.fail(&name, &error, seconds);
                    return Err(error);
                }
                Err(error) if is_first && self.is_only_one() && error.exit() == Exit::Refused => {
                    return Err(error);
                }
                Err(error) => self.fail(&name, &error, seconds),
            }
        }
        Ok(())
    }

    /// Does `work`, again as long as only connections fail.
    fn again<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        let mut retries = match self.settings.pace {
            Pace::Once => Retries::new(self.settings.retries),
            Pace::Watch { .. } => Retries::endless(),
        };
        loop {
            let error = match work(self) {
                Ok(done) => return Ok(done),
                // A statement that a signal has cancelled says so in its own way.
                Err(error) => interrupt::check().err().unwrap_or(error),
            };
            retries.wait_after(error)?;
        }
    }

    fn conclude(&mut self, name: &str, drained: Drained, seconds_taken: f64) {
        let replica = self.replicas.entry(name.to_owned()).or_default();
        replica.failure = None;
        replica.drained.batches += drained.batches;
        replica.drained.sum.rows += drained.sum.rows;
        replica.drained.sum.rejected += drained.sum.rejected;
        replica.drained.sum.bytes += drained.sum.bytes;
        if drained.batches == 0 {
            return;
        }
        replica.seconds += seconds_taken;
        self.watched.batches += drained.batches;
        self.watched.rows += drained.sum.rows;
        if matches!(self.settings.pace, Pace::Watch { .. }) {
            let rows = drained.sum.rows;
            let (count, word) = (thousands(rows), plural(rows, "row"));
            tracing::info!("{name}: {count} {word} published in {} s", seconds(seconds_taken));
        }
    }

    fn fail(&mut self, name: &str, error: &Error, seconds_taken: f64) {
        let replica = self.replicas.entry(name.to_owned()).or_default();
        let message = error.to_string();
        let earlier = replica.failure.take();
        let patience =
            earlier.as_ref().map_or(FIRST_PATIENCE, |earlier| (earlier.patience * 2).min(LONGEST_PATIENCE));
        let is_news = earlier.is_none_or(|earlier| earlier.message != message);
        if is_news && !is_interrupted(error) && matches!(self.settings.pace, Pace::Watch { .. }) {
            tracing::error!("{message}");
        }
        replica.seconds += seconds_taken;
        replica.failure = Some(Failure { message, patience, until: Instant::now() + patience });
    }

    /// Says, and writes into the ledger, that the run is alive.
    fn beat(&mut self, heartbeat: Duration) -> Result<()> {
        if self.last_beat.is_some_and(|last| last.elapsed() < heartbeat) {
            return Ok(());
        }
        let Watched { batches, rows } = self.watched;
        tracing::info!(
            "watching {}: {} {} in {} {} so far",
            self.settings.job,
            thousands(rows),
            plural(rows, "row"),
            thousands(batches),
            if batches == 1 { "batch" } else { "batches" },
        );
        self.last_beat = Some(Instant::now());
        let watched = self.watched;
        self.again(|run| run.drainer.beat(watched))
    }

    fn is_only_one(&self) -> bool {
        matches!(self.settings.which, Which::One(_))
    }

    fn has_failed(&self) -> bool {
        self.replicas.values().any(|replica| replica.failure.is_some())
    }

    fn done(self) -> Done {
        let source = match &self.settings.source {
            Source::Redis(address) => address.describe().to_owned(),
            Source::Gateway(url) => url.as_str().to_owned(),
        };
        let mut units = Vec::new();
        for (name, replica) in self.replicas {
            let table = self.settings.into_table(&name).ok().map(|into| into.table);
            let unit = UnitReport {
                mother: table,
                rows_read: replica.drained.sum.rows + replica.drained.sum.rejected,
                rows_rejected: replica.drained.sum.rejected,
                ..UnitReport::made(
                    name,
                    source.clone(),
                    replica.drained.sum.rows,
                    replica.drained.sum.bytes,
                    replica.seconds,
                )
            };
            let failed = replica.failure.map(|failure| UnitReport {
                status: UnitStatus::Failed,
                error: Some(failure.message),
                rows_read: 0,
                rows_loaded: 0,
                rows_rejected: 0,
                bytes_read: 0,
                ..unit.clone()
            });
            match (replica.drained.batches, &failed) {
                (0, None) => units.push(UnitReport { status: UnitStatus::Skipped, ..unit }),
                (0, Some(_)) => {}
                _ => units.push(unit),
            }
            units.extend(failed);
        }
        units.into()
    }
}

impl Replica {
    fn is_to_wait(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| Instant::now() < failure.until)
    }
}
