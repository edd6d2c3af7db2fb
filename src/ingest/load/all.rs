//! Loading: first the large units, each by all workers together; then workers take the others, largest first, and load
//! each into its version table.

use super::gathering::Gathering;
use super::share;
use super::worker::{Report, Worker};
use crate::config::Size;
use crate::copy::send::stream;
use crate::ingest::plan::action::Action;
use crate::ingest::plan::unit::Unit;
use crate::ingest::publish::one::Loaded;
use crate::ingest::publish::recreation::{self, Recreation};
use crate::ingest::settings::Settings;
use crate::pg::cost::{self, Volume};
use crate::pg::database::Database;
use crate::report::progress::Progress;
use crate::report::{UnitReport, UnitStatus};
use crate::run::workers;
use crate::{Error, Place, Result};
use postgres::Client;
use std::sync::{Mutex, PoisonError};

/// Loads all units that need it, by `settings.workers` workers; reports on all of them, in their order.
///
/// Every worker is a thread of its own that owns one connection. A unit that fails leaves nothing behind, and the
/// others go on; Ctrl-C ends them all. The units of a mother that is made anew fail together.
pub fn load(
    units: &[Unit],
    recreations: &[Recreation],
    settings: &Settings,
    database: &Database,
    mut first: Client,
    progress: &Progress,
) -> Vec<UnitReport> {
    let mut order: Vec<usize> =
        (0..units.len()).filter(|index| units[*index].action != Action::Skip).collect();
    order.sort_by_key(|index| std::cmp::Reverse(units[*index].source.bytes));
    let bytes = |index: &usize| units[*index].source.bytes;
    let large = share::take_large(&mut order, bytes, settings.workers, share::LARGE_BYTES);
    if !(large.is_empty() && order.is_empty()) {
        let sum = |indexes: &[usize]| if settings.unlogged { 0 } else { indexes.iter().map(bytes).sum() };
        // Of many streams only one can have created the table that they fill.
        let load = Volume { new_bytes: sum(&order), old_bytes: sum(&large), without_wal: Some("--unlogged") };
        cost::log_costs(&mut first, load);
    }

    let mut worker = Worker { units, gatherings: &[], settings, database, progress, client: Some(first) };
    let hold = |client: &mut Client| recreation::hold(recreations.iter().map(Recreation::mother), client);
    let refusal = worker.persist(&Place::default(), hold).err();
    // A connection that does nothing else keeps other runs away, as long as it lives.
    let _keeper = if recreations.is_empty() { None } else { worker.client.take() };
    let gatherings: Vec<Gathering<'_>> =
        recreations.iter().map(|recreation| Gathering::new(recreation, units, refusal.as_ref())).collect();
    let mut worker = Worker { gatherings: &gatherings, ..worker };
    let mut reports: Vec<Option<UnitReport>> = units.iter().map(|_| None).collect();
    for index in large {
        for (index, report) in worker.work(index, true) {
            reports[index] = Some(report);
        }
    }
    if !order.is_empty() {
        for (index, report) in load_each(order, worker) {
            reports[index] = Some(report);
        }
    }
    reports.into_iter().zip(units).map(|(report, unit)| report.unwrap_or_else(|| untouched(unit))).collect()
}

/// Loads the units of these indexes, each by one of as many workers as there may be; `first` lends its connection.
fn load_each(order: Vec<usize>, first: Worker<'_>) -> Vec<Report> {
    let Worker { units, gatherings, settings, database, progress, client } = first;
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
    let workers =
        clients.into_iter().map(|client| Worker { units, gatherings, settings, database, progress, client });
    // The last version of a mother that is made anew brings the reports of all.
    let reports = Mutex::new(Vec::new());
    let shared = workers::share("worker", order, workers, |worker, index| {
        let told = worker.work(index, false);
        reports.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
        Ok(())
    });
    if let Err(error) = shared {
        tracing::warn!("{error}");
    }
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Tells how a unit went.
pub fn unit_report(unit: &Unit, seconds: f64, outcome: Result<Loaded>) -> UnitReport {
    let mut report = UnitReport { seconds, ..untouched(unit) };
    match outcome {
        Ok(Loaded { rows, rejected, bytes, verified, already: false }) => {
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
        mother: Some(unit.mother.name().to_owned()),
        error,
        ..UnitReport::empty(unit.table.name(), unit.source.label(), status)
    }
}
