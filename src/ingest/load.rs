//! Loading: first the large units, each by all workers together; then workers take the others, largest first, and load
//! each into its version table.

use super::action::Action;
use super::publish::{self, Unanswered};
use super::settings::Settings;
use super::unit::Unit;
use super::{load_large, share};
use crate::config::Size;
use crate::copy::stream;
use crate::copy::streams::PANICKED;
use crate::pg::cost::{self, Load};
use crate::pg::database::{Database, lost_connection};
use crate::pg::retry::Retries;
use crate::report::progress::{Progress, UnitProgress};
use crate::report::{UnitReport, UnitStatus};
use crate::{Error, Result, interrupt};
use crossbeam_channel::bounded;
use postgres::Client;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// What a unit's load came to: rows and bytes, or why it failed.
type Outcome = Result<publish::Loaded>;

/// Loads all units that need it, by `settings.workers` workers; reports on all of them, in their order.
///
/// Every worker is a thread of its own that owns one connection. A unit that fails leaves nothing behind, and the
/// others go on; Ctrl-C ends them all.
pub fn load(
    units: &[Unit],
    settings: &Settings,
    database: &Database,
    mut first: Client,
    progress: &Progress,
) -> Vec<UnitReport> {
    let mut order: Vec<usize> =
        (0..units.len()).filter(|index| units[*index].action != Action::Skip).collect();
    order.sort_by_key(|index| std::cmp::Reverse(units[*index].file.data.bytes));
    let bytes = |index: &usize| units[*index].file.data.bytes;
    let large = share::take_large(&mut order, bytes, settings.workers, share::LARGE_BYTES);
    if !(large.is_empty() && order.is_empty()) {
        let sum = |indexes: &[usize]| if settings.unlogged { 0 } else { indexes.iter().map(bytes).sum() };
        // Of many streams only one can have created the table that they fill.
        let load = Load { new_bytes: sum(&order), old_bytes: sum(&large), without_wal: Some("--unlogged") };
        cost::tell(&mut first, load);
    }

    let mut reports: Vec<Option<UnitReport>> = units.iter().map(|_| None).collect();
    let mut worker = Worker { settings, database, progress, client: Some(first) };
    for index in large {
        reports[index] = Some(worker.report(&units[index], load_large::load_and_publish));
    }
    if !order.is_empty() {
        for (index, report) in load_each(units, order, worker) {
            reports[index] = Some(report);
        }
    }
    reports.into_iter().zip(units).map(|(report, unit)| report.unwrap_or_else(|| untouched(unit))).collect()
}

/// Loads the units of these indexes, each by one of as many workers as there may be; `first` lends its connection.
fn load_each(units: &[Unit], order: Vec<usize>, first: Worker<'_>) -> Vec<(usize, UnitReport)> {
    let Worker { settings, database, progress, client } = first;
    let workers = settings.workers.min(order.len());
    tracing::debug!(
        "memory: {workers} x {} KiB, and four times the longest row of each data file (up to {})",
        stream::STREAM_BYTES >> 10,
        Size(settings.limits.row_bytes as u64)
    );
    let mut clients: Vec<Option<Client>> =
        database.connect_up_to(client, workers).into_iter().map(Some).collect();
    if clients.is_empty() {
        // Its worker tries again, and reports why it cannot.
        clients.push(None);
    }
    let (send_report, reports) = bounded::<(usize, UnitReport)>(order.len());
    let (send_unit, next_unit) = bounded::<usize>(order.len());
    for index in order {
        // The channel has room for all of them, and its receiver is right here.
        let _ = send_unit.send(index);
    }
    drop(send_unit);

    std::thread::scope(|scope| {
        for (number, client) in clients.into_iter().enumerate() {
            let (next_unit, send_report) = (next_unit.clone(), send_report.clone());
            let mut worker = Worker { settings, database, progress, client };
            let named = std::thread::Builder::new().name(format!("worker-{}", number + 1));
            let work = move || {
                for index in next_unit {
                    // Only fails when nobody waits for reports any more.
                    let _ =
                        send_report.send((index, worker.report(&units[index], publish::load_and_publish)));
                }
            };
            if let Err(error) = named.spawn_scoped(scope, work) {
                tracing::warn!("cannot start worker {}: {error}", number + 1);
            }
        }
    });
    reports.try_iter().collect()
}

/// How a unit is loaded: by one stream, or by many.
type Way = fn(&Unit, &Settings, &Database, &mut Client, &UnitProgress, &mut Option<Unanswered>) -> Outcome;

struct Worker<'r> {
    settings: &'r Settings,
    database: &'r Database,
    progress: &'r Progress,
    client: Option<Client>,
}

impl Worker<'_> {
    /// Loads a unit, again where its connection failed, and tells how it went.
    fn report(&mut self, unit: &Unit, way: Way) -> UnitReport {
        let started = Instant::now();
        let mut retries = Retries::new(self.settings.retries);
        let mut unanswered = None;
        let outcome = loop {
            let tried = self.try_once(unit, way, &mut unanswered);
            match tried.map_err(|error| retries.wait_after(error)) {
                Ok(loaded) => break Ok(loaded),
                Err(Ok(())) => {}
                Err(Err(error)) => break Err(error),
            }
        };
        unit_report(unit, started.elapsed().as_secs_f64(), outcome)
    }

    fn try_once(&mut self, unit: &Unit, way: Way, unanswered: &mut Option<Unanswered>) -> Outcome {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            interrupt::check().and_then(|()| self.load(unit, way, unanswered))
        }));
        // The connection was dropped with the panic, and the transaction with it.
        let outcome = outcome.unwrap_or_else(|_| Err(Error::failed(PANICKED)));
        // A statement that Ctrl-C has cancelled says so in its own way.
        outcome.map_err(|error| match interrupt::check() {
            Err(interrupted) => interrupted,
            Ok(()) => error.at(unit.file.place()),
        })
    }

    fn load(&mut self, unit: &Unit, way: Way, unanswered: &mut Option<Unanswered>) -> Outcome {
        let bar = self.progress.unit(unit.table.name(), unit.file.data.bytes);
        // The driver also closes a connection whose COPY could not start.
        let mut client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            // The place of the error is the unit's.
            None => self.database.connect().map_err(|error| match error.is_of_connection() {
                true => Error::failed(error).of_connection(),
                false => Error::failed(error),
            })?,
        };
        let outcome = way(unit, self.settings, self.database, &mut client, &bar, unanswered);
        let lost = client.is_closed();
        self.client = Some(client);
        outcome.map_err(|error| {
            bar.restart();
            // What the server said before it hung up is lost when it comes in the middle of a COPY.
            if lost { lost_connection(error) } else { error }
        })
    }
}

fn unit_report(unit: &Unit, seconds: f64, outcome: Outcome) -> UnitReport {
    let mut report = UnitReport { seconds, ..untouched(unit) };
    match outcome {
        Ok(publish::Loaded { rows, rejected, bytes, verified, already: false }) => {
            report.status = UnitStatus::Loaded;
            report.rows_read = rows + rejected;
            report.rows_loaded = rows;
            report.rows_rejected = rejected;
            report.bytes_read = bytes;
            report.verified = verified;
            report.error = None;
        }
        Ok(_) => {
            report.status = UnitStatus::Skipped;
            report.error = None;
        }
        Err(error) => {
            report.status = UnitStatus::Failed;
            report.error = Some(error.to_string());
        }
    }
    report
}

/// The report of a unit that no worker has touched.
fn untouched(unit: &Unit) -> UnitReport {
    let (status, error) = match unit.action {
        Action::Skip => (UnitStatus::Skipped, None),
        _ => (UnitStatus::Failed, Some(Error::failed("not loaded: no worker was left").to_string())),
    };
    UnitReport {
        name: unit.table.name().to_owned(),
        source: unit.file.source(),
        mother: Some(unit.mother.name().to_owned()),
        status,
        rows_read: 0,
        rows_loaded: 0,
        rows_rejected: 0,
        bytes_read: 0,
        verified: false,
        seconds: 0.0,
        error,
    }
}
