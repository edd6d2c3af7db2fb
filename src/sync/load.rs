//! The initial load: ranges of keys in parallel from one exported snapshot, then indexes.
//!
//! The transaction that loads a range also records it, so the run after a kill loads only the ranges that are left. It reads
//! them in a snapshot of its own. The mix of snapshots does no harm: a row that has changed since the first snapshot has a
//! cursor above the watermark, which was taken before it, or a transaction id from the horizon on. So the passes read it again.

use super::ranges;
use super::reader::View;
use super::session::Session;
use super::side::of_source;
use super::state::{self, Phase, Range, RangesLeft, State};
use super::table::indexes;
use super::table::pair::Pair;
use super::table::shape::Shape;
use crate::copy::relay::pace::Pace;
use crate::copy::relay::pipe::{Meter, Piped, pipe};
use crate::pg::awake;
use crate::pg::lock;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::run::{interrupt, workers};
use crate::{Error, Place, Result};
use postgres::Client;
use std::sync::{Mutex, PoisonError};

/// Smaller tables are not worth several connections (bytes).
const SMALL: u64 = 8 << 20;
/// The least number of ranges for each worker, if the table's rows are in the order of its key: no worker is left alone with a
/// large range at the end. In other tables each range makes the server read most of the table, and a worker gets one range.
const RANGES_PER_WORKER: u64 = 4;
/// From this correlation of the key's order with that of the rows on (`pg_stats.correlation`), a range is a part of the table.
const ORDERED: f64 = 0.9;
/// Ranges are not much larger than this, so a killed load has not lost much (bytes).
const RANGE_BYTES: u64 = 1 << 30;
/// The most ranges: the planner's statistics have no more bounds by default.
const MOST_RANGES: u64 = 100;

/// The number of ranges that a table is cut into.
fn wanted_ranges(bytes: u64, workers: usize, correlation: f64) -> usize {
    if bytes < SMALL {
        return 1;
    }
    if correlation.abs() < ORDERED {
        return workers;
    }
    let wanted = (bytes / RANGE_BYTES).max(workers as u64 * RANGES_PER_WORKER).min(MOST_RANGES);
    wanted as usize
}

/// Cuts the source's table into ranges. A table of the destination whose rows refer to others of its rows is one range.
///
/// # Errors
/// What the server reports.
pub fn plan(session: &mut Session<'_>, existing: Option<&Shape>) -> Result<Vec<Range>> {
    let Session { pair, source, settings, .. } = session;
    if existing.is_some_and(|existing| existing.refers_to_itself) {
        return Ok(ranges::between(&[]));
    }
    let source = source.client();
    let correlation = ranges::correlation(source, pair).map_err(of_source)?;
    let wanted = wanted_ranges(pair.source.bytes, settings.workers, correlation);
    Ok(ranges::between(&ranges::bounds(source, pair, wanted).map_err(of_source)?))
}

/// What an initial load has done.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What this run has loaded.
    pub piped: Piped,
    /// Whether an earlier run has loaded some of it, from another snapshot.
    pub is_continued: bool,
}

/// Loads the ranges that are left and builds the indexes.
///
/// # Errors
/// What a server reports; Ctrl-C. Complete ranges stay.
pub fn run(session: &mut Session<'_>, state: &mut State) -> Result<Loaded> {
    let mut loaded = Loaded { piped: Piped::default(), is_continued: true };
    if state.phase == Phase::Loading {
        loaded = load_ranges(session)?;
        state.phase = Phase::Indexing;
        state.write(&mut session.destination, &session.pair.table)?;
    }
    let mut builders = session.connect_destinations(session.settings.workers)?;
    let destination = Shape::read(&mut session.destination, &session.pair.table)?.ok_or_else(|| {
        Error::failed("has just been dropped").at(Place::table(session.pair.table.to_string()))
    })?;
    indexes::build(&mut builders, &session.pair.source, &destination)?;
    lock::analyze(&mut session.destination, &session.pair.table)?;
    state.phase = Phase::Following;
    state.write(&mut session.destination, &session.pair.table)?;
    Ok(loaded)
}

fn load_ranges(session: &mut Session<'_>) -> Result<Loaded> {
    let RangesLeft { left, done, rows_done } =
        state::ranges_left(&mut session.destination, &session.pair.table)?;
    if done > 0 {
        tracing::info!("{done} of {} ranges are loaded already", done + left.len());
    }
    if session.pair.key.is_empty() {
        // Without a key the only range is the whole table, and nothing identifies rows of an earlier attempt.
        session.destination.batch_execute(&format!("TRUNCATE {}", session.pair.table))?;
    }
    // The snapshot exists as long as the transaction that exports it. Its lock keeps the table's columns as they are.
    session.source.begin(View::Still)?;
    let exported =
        session.source.client().query_one("SELECT pg_export_snapshot()", &[]).map_err(of_source)?;
    let snapshot: String = exported.get(0);
    let workers = session.settings.workers.min(left.len()).max(1);
    let sources = session.connect_sources(workers, &snapshot)?;
    let destinations = session.connect_destinations(workers)?;
    let work = Work {
        pair: &session.pair,
        pace: session.pace,
        progress: Progress::rows(session.verbosity, 1, session.pair.source.rows.saturating_sub(rows_done)),
        ranges: left.len(),
        loaded: Mutex::new((Piped::default(), 0)),
    };
    let connections = sources.into_iter().zip(destinations);
    let load =
        |(source, destination): &mut (Client, Client), range: Range| work.load(source, destination, &range);
    // One holds the snapshot, the other the lock of the table.
    awake::while_others(session.source.client(), || {
        awake::while_others(&mut session.destination, || workers::share("worker", left, connections, load))
    })?;
    let (loaded, _) = work.loaded.into_inner().unwrap_or_else(PoisonError::into_inner);
    drop(work.progress);
    session.source.commit()?;
    Ok(Loaded { piped: loaded, is_continued: done > 0 })
}

/// What the workers share.
struct Work<'w> {
    pair: &'w Pair,
    pace: &'w Pace,
    progress: Progress,
    ranges: usize,
    /// The rows and bytes so far, and the number of their ranges.
    loaded: Mutex<(Piped, usize)>,
}

impl Work<'_> {
    fn load(&self, source: &mut Client, destination: &mut Client, range: &Range) -> Result<()> {
        interrupt::check()?;
        let Pair { table, .. } = self.pair;
        let condition = ranges::condition(self.pair, range.low.as_deref(), range.high.as_deref());
        let mut transaction = destination.transaction()?;
        let piped = timeline::during(Step::Copy, table.name(), || {
            let piped = pipe(
                source,
                &self.pair.copy_to(&condition, ""),
                &mut transaction,
                &self.pair.copy_from(&table.to_string()),
                Meter { pace: self.pace, advance: &|rows| self.progress.advance(rows) },
            )?;
            state::range_done(&mut transaction, table, range.number, piped.rows)?;
            transaction.commit()?;
            Ok::<_, Error>(piped)
        })?;
        tracing::debug!("range {}: {} rows, {} bytes", range.number, piped.rows, piped.bytes);
        self.count(piped);
        Ok(())
    }

    /// Adds a range, and corrects the planner's estimate by the rows of the ranges so far.
    fn count(&self, piped: Piped) {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let (sum, ranges) = &mut *loaded;
        sum.rows += piped.rows;
        sum.bytes += piped.bytes;
        *ranges += 1;
        let estimate = sum.rows as f64 * self.ranges as f64 / *ranges as f64;
        self.progress.expect(estimate as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tables_are_one_range_and_large_ones_many() {
        assert_eq!(wanted_ranges(SMALL - 1, 8, 1.0), 1);
        assert_eq!(wanted_ranges(300 << 20, 2, 1.0), 8);
        assert_eq!(wanted_ranges(50 << 30, 2, -1.0), 50);
        assert_eq!(wanted_ranges(1 << 40, 2, 1.0), 100);
    }

    #[test]
    fn a_table_whose_rows_do_not_lie_in_the_order_of_its_key_is_not_read_often() {
        assert_eq!(wanted_ranges(SMALL - 1, 8, 0.0), 1);
        assert_eq!(wanted_ranges(1 << 40, 2, 0.1), 2);
    }
}
