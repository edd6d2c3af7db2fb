//! One pass over all replicas, or passes until a signal: waits, retries, messages and heartbeats.

use super::replica::{Drained, Drainer};
use super::settings::{Pace, Settings, Which};
use crate::Result;
use crate::error::Error;
use crate::exit::Exit;
use crate::pg::database::Database;
use crate::pg::retry::Retries;
use crate::report::timeline::{self, MarkKind, Step};
use crate::report::{Done, UnitReport, UnitStatus, plural, seconds, thousands};
use crate::run::interrupt;
use crate::table::ledger::drains::Watched;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often a wait checks for signals.
const POLL: Duration = Duration::from_millis(20);
/// A replica that fails for its rows is tried again after this time; after each further failure, after twice the time.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest of these times.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A run, with what it has drained so far.
struct Run<'r> {
    settings: &'r Settings,
    drainer: Drainer<'r>,
    replicas: BTreeMap<String, ReplicaState>,
    watched: Watched,
    last_beat: Option<Instant>,
}

/// What a run has done with a replica.
#[derive(Default)]
struct ReplicaState {
    drained: Drained,
    seconds: f64,
    /// The failure of the last pass.
    failure: Option<Failure>,
}

struct Failure {
    message: String,
    wait: Duration,
    /// The replica is not tried again before this moment.
    until: Instant,
}

/// Drains all rows that the job's replicas have now. A run that watches goes on until a signal stops it.
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
        // The report has the batch that a signal has stopped. A signal during a wait ends the watch.
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
            self.show_life(heartbeat)?;
            let every = every.max(POLL);
            let mut waiting = timeline::begin(Step::Wait, "");
            while began.elapsed() < every {
                interrupt::check()?;
                std::thread::sleep(POLL);
                self.show_life(heartbeat)?;
            }
            waiting.end();
            interrupt::check()?;
        }
    }

    /// Drains all replicas that have rows. In the first pass, an error that concerns all of them ends the run.
    fn pass(&mut self, is_first: bool) -> Result<()> {
        let replicas = self.retry(|run| timeline::during(Step::Prepare, "", || run.drainer.replicas()));
        let replicas = match replicas {
            Ok(replicas) => replicas,
            Err(error) if is_interrupted(&error) => return Err(error),
            // Nothing is touched before the first replica is drained.
            Err(error) if is_first => return Err(error.into_refused()),
            Err(error) => {
                tracing::warn!("{error}");
                return Ok(());
            }
        };
        for name in replicas {
            if self.replicas.get(&name).is_some_and(ReplicaState::must_wait) {
                continue;
            }
            interrupt::check()?;
            let began = Instant::now();
            let drained = self.retry(|run| run.drainer.drain(&name));
            let seconds = began.elapsed().as_secs_f64();
            match drained {
                Ok(drained) => self.note_success(&name, drained, seconds),
                Err(error) if is_interrupted(&error) => {
                    self.note_failure(&name, &error, seconds);
                    return Err(error);
                }
                Err(error) if is_first && self.is_only_one() && error.exit() == Exit::Refused => {
                    return Err(error);
                }
                Err(error) => self.note_failure(&name, &error, seconds),
            }
        }
        Ok(())
    }

    /// Does `work`, and repeats it after lost connections.
    fn retry<T>(&mut self, mut work: impl FnMut(&mut Self) -> Result<T>) -> Result<T> {
        let mut retries = match self.settings.pace {
            Pace::Once => Retries::new(self.settings.retries),
            Pace::Watch { .. } => Retries::endless(),
        };
        loop {
            let error = match work(self) {
                Ok(done) => return Ok(done),
                // A signal cancels statements; their errors do not name it.
                Err(error) => interrupt::check().err().unwrap_or(error),
            };
            retries.wait_after(error)?;
        }
    }

    fn note_success(&mut self, name: &str, drained: Drained, seconds_taken: f64) {
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

    fn note_failure(&mut self, name: &str, error: &Error, seconds_taken: f64) {
        let replica = self.replicas.entry(name.to_owned()).or_default();
        let message = error.to_string();
        if !is_interrupted(error) {
            timeline::mark(MarkKind::Failure, 1, || message.clone());
        }
        let earlier = replica.failure.take();
        let wait = earlier.as_ref().map_or(FIRST_WAIT, |earlier| (earlier.wait * 2).min(LONGEST_WAIT));
        let is_news = earlier.is_none_or(|earlier| earlier.message != message);
        if is_news && !is_interrupted(error) && matches!(self.settings.pace, Pace::Watch { .. }) {
            tracing::error!("{message}");
        }
        replica.seconds += seconds_taken;
        replica.failure = Some(Failure { message, wait, until: Instant::now() + wait });
    }

    /// Logs that the run is alive and writes that into the ledger, if the last time is `heartbeat` ago.
    fn show_life(&mut self, heartbeat: Duration) -> Result<()> {
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
        self.retry(|run| run.drainer.beat(watched))
    }

    fn is_only_one(&self) -> bool {
        matches!(self.settings.which, Which::One(_))
    }

    fn has_failed(&self) -> bool {
        self.replicas.values().any(|replica| replica.failure.is_some())
    }

    fn done(self) -> Done {
        let source = self.settings.source.describe().to_owned();
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
                (0, None) => units.push(UnitReport { status: UnitStatus::Unchanged, ..unit }),
                (0, Some(_)) => {}
                _ => units.push(unit),
            }
            units.extend(failed);
        }
        units.into()
    }
}

impl ReplicaState {
    fn must_wait(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| Instant::now() < failure.until)
    }
}
