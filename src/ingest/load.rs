//! Loading: workers take units, largest first, and load each into its version table.

use super::action::Action;
use super::publish;
use super::settings::Settings;
use super::unit::Unit;
use crate::copy::{batch, stream};
use crate::pg::database::Database;
use crate::report::progress::Progress;
use crate::report::{UnitReport, UnitStatus};
use crate::{Error, Result, interrupt};
use crossbeam_channel::{Receiver, bounded};
use postgres::Client;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// What helps when the server ends a connection.
const LOST_CONNECTION: &str = "the server's log says why; run again to load what is missing";

/// A defect of ours, whose message the panic has printed. It is this unit's failure, and no other's.
const PANICKED: &str = "pghaul has a defect here, see above; nothing of this unit was loaded";

/// What a unit's load came to: rows and bytes, or why it failed.
type Outcome = Result<publish::Loaded>;

/// Loads all units that need it, `settings.workers` at a time; reports on all of them, in their order.
///
/// Every worker is a thread of its own that owns one connection. A unit that fails leaves nothing behind, and the
/// others go on; Ctrl-C ends them all.
///
/// # Errors
/// No connection at all. What happens to a unit is in its report.
pub fn load(
    units: &[Unit],
    settings: &Settings,
    database: &Database,
    first: Client,
    progress: &Progress,
) -> Result<Vec<UnitReport>> {
    let mut order: Vec<usize> =
        (0..units.len()).filter(|index| units[*index].action != Action::Skip).collect();
    order.sort_by_key(|index| std::cmp::Reverse(units[*index].file.data.bytes));
    tracing::debug!(
        "memory: {} x {} KiB, and four times the longest row of each data file (up to {} MiB)",
        settings.workers.min(order.len()),
        stream::STREAM_BYTES >> 10,
        batch::MAX_ROW_BYTES >> 20
    );
    let clients = connect(database, first, settings.workers.min(order.len()));
    let (send_unit, next_unit) = bounded::<usize>(order.len());
    for index in order {
        // The channel has room for all of them, and its receiver is right here.
        let _ = send_unit.send(index);
    }
    drop(send_unit);

    let (send_report, reports) = bounded::<(usize, UnitReport)>(units.len());
    std::thread::scope(|scope| {
        for (number, client) in clients.into_iter().enumerate() {
            let (next_unit, send_report) = (next_unit.clone(), send_report.clone());
            let worker = Worker { settings, database, progress, client: Some(client) };
            let named = std::thread::Builder::new().name(format!("worker-{}", number + 1));
            let work = move || {
                worker.run(units, &next_unit, |index, report| {
                    // Only fails when nobody waits for reports any more.
                    let _ = send_report.send((index, report));
                })
            };
            if let Err(error) = named.spawn_scoped(scope, work) {
                tracing::warn!("cannot start worker {}: {error}", number + 1);
            }
        }
    });
    drop(send_report);

    let mut by_unit: Vec<Option<UnitReport>> = units.iter().map(|_| None).collect();
    for (index, report) in reports {
        by_unit[index] = Some(report);
    }
    Ok(by_unit
        .into_iter()
        .zip(units)
        .map(|(report, unit)| report.unwrap_or_else(|| untouched(unit)))
        .collect())
}

/// One connection per worker; fewer where the server has no room for all.
fn connect(database: &Database, first: Client, workers: usize) -> Vec<Client> {
    let mut clients = vec![first];
    while clients.len() < workers {
        match database.connect() {
            Ok(client) => clients.push(client),
            Err(error) => {
                tracing::warn!("loading with {} workers instead of {workers}: {error}", clients.len());
                break;
            }
        }
    }
    clients
}

struct Worker<'r> {
    settings: &'r Settings,
    database: &'r Database,
    progress: &'r Progress,
    client: Option<Client>,
}

impl Worker<'_> {
    fn run(mut self, units: &[Unit], next_unit: &Receiver<usize>, report: impl Fn(usize, UnitReport)) {
        for index in next_unit {
            let unit = &units[index];
            let started = Instant::now();
            let outcome =
                catch_unwind(AssertUnwindSafe(|| interrupt::check().and_then(|()| self.load(unit))));
            // The connection was dropped with the panic, and the transaction with it.
            let outcome = outcome.unwrap_or_else(|_| Err(Error::failed(PANICKED)));
            // A statement that Ctrl-C has cancelled says so in its own way.
            let outcome = outcome.map_err(|error| match interrupt::check() {
                Err(interrupted) => interrupted,
                Ok(()) => error.at(unit.file.place()),
            });
            report(index, unit_report(unit, started.elapsed().as_secs_f64(), outcome));
        }
    }

    fn load(&mut self, unit: &Unit) -> Outcome {
        let bar = self.progress.unit(unit.table.name(), unit.file.data.bytes);
        // The driver also closes a connection whose COPY could not start.
        let mut client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.database.connect()?,
        };
        let outcome = publish::load_and_publish(unit, self.settings, &mut client, &bar);
        let lost = client.is_closed();
        self.client = Some(client);
        outcome.map_err(|error| {
            // What the server said before it hung up is lost when it comes in the middle of a COPY.
            if lost { error.remedy(LOST_CONNECTION) } else { error }
        })
    }
}

fn unit_report(unit: &Unit, seconds: f64, outcome: Outcome) -> UnitReport {
    let mut report = UnitReport { seconds, ..untouched(unit) };
    match outcome {
        Ok(publish::Loaded { rows, bytes, already: false }) => {
            report.status = UnitStatus::Loaded;
            report.rows_read = rows;
            report.rows_loaded = rows;
            report.bytes_read = bytes;
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
        seconds: 0.0,
        error,
    }
}
