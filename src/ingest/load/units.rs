//! The load: first the large units, each by all workers together; then each worker takes one of the others after another,
//! largest first.

use super::gathering::Gathering;
use super::share;
use super::unit_report::untouched;
use super::worker::{IndexedReport, Worker};
use crate::Place;
use crate::config::Size;
use crate::copy::send::stream;
use crate::ingest::plan::action::Action;
use crate::ingest::plan::changes::Recreation;
use crate::ingest::plan::unit::Unit;
use crate::ingest::publish::mother_lock::lock_mothers;
use crate::ingest::settings::Settings;
use crate::pg::awake;
use crate::pg::cost::{self, Volume};
use crate::pg::database::Database;
use crate::report::UnitReport;
use crate::report::progress::Progress;
use crate::run::workers;
use postgres::Client;
use std::cmp::Reverse;
use std::sync::{Mutex, PoisonError};

/// Loads all units that need it, by `settings.workers` workers; reports on all units, in their order.
///
/// Every worker is a thread that owns one connection. A unit that fails leaves nothing behind, and the others go on; Ctrl-C
/// ends them all. The units of a mother that is recreated fail together.
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
    order.sort_by_key(|index| Reverse(units[*index].source.bytes));
    let bytes = |index: &usize| units[*index].source.bytes;
    let large = share::take_large(&mut order, bytes, settings.workers, share::LARGE_BYTES);
    if !(large.is_empty() && order.is_empty()) {
        let sum = |indexes: &[usize]| if settings.unlogged { 0 } else { indexes.iter().map(bytes).sum() };
        // One connection creates a large unit's table, and all of them fill it.
        let load = Volume { new_bytes: sum(&order), old_bytes: sum(&large), without_wal: Some("--unlogged") };
        cost::log_costs(&mut first, load);
    }

    let mut worker = Worker { units, gatherings: &[], settings, database, progress, client: Some(first) };
    let lock = |client: &mut Client| lock_mothers(recreations.iter().map(Recreation::mother), client);
    let refusal = worker.retry(&Place::default(), lock).err();
    // A connection that does nothing else keeps other runs away, as long as it lives.
    let mut keeper = if recreations.is_empty() { None } else { worker.client.take() };
    let gatherings: Vec<Gathering<'_>> =
        recreations.iter().map(|recreation| Gathering::new(recreation, units, refusal.as_ref())).collect();
    let mut worker = Worker { gatherings: &gatherings, ..worker };
    let load = || {
        let mut reports: Vec<IndexedReport> =
            large.into_iter().flat_map(|index| worker.work(index, true)).collect();
        if !order.is_empty() {
            reports.extend(load_each(order, worker));
        }
        reports
    };
    let reports = match &mut keeper {
        Some(keeper) => awake::while_others(keeper, load),
        None => load(),
    };
    let mut in_order: Vec<UnitReport> = units.iter().map(untouched).collect();
    for (index, report) in reports {
        in_order[index] = report;
    }
    in_order
}

/// Loads the units of these indexes, each by one of as many workers as there may be. The connection of `first` goes to one of
/// them.
fn load_each(order: Vec<usize>, first: Worker<'_>) -> Vec<IndexedReport> {
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
        // Its worker connects again, or reports why it cannot.
        clients.push(None);
    }
    let workers =
        clients.into_iter().map(|client| Worker { units, gatherings, settings, database, progress, client });
    // The last version of a mother that is recreated brings the reports of all.
    let reports = Mutex::new(Vec::new());
    let shared = workers::share("worker", order, workers, |worker, index| {
        let known = worker.work(index, false);
        reports.lock().unwrap_or_else(PoisonError::into_inner).extend(known);
        Ok(())
    });
    if let Err(error) = shared {
        tracing::warn!("{error}");
    }
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}
