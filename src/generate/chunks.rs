//! Records in chunks: workers take them, and their texts come out in order.

use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::{Error, Result};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Records of one chunk: a few hundred KiB of text, which fits a core's cache. About a thousand chunks a second wait for
/// their turn.
const CHUNK_RECORDS: u64 = 1024;
/// The first capacity for the text of a chunk (bytes).
const CHUNK_BYTES: usize = 768 << 10;

/// The chunks that no worker has taken yet.
#[derive(Debug)]
pub struct Chunks {
    next: AtomicU64,
    end: u64,
}

impl Chunks {
    /// All of `records`; the last chunk may be smaller.
    pub fn of(records: &Range<u64>) -> Chunks {
        Chunks { next: AtomicU64::new(records.start), end: records.end }
    }

    /// Takes the next chunk.
    pub fn take(&self) -> Option<Range<u64>> {
        // No plain addition: `end` may be so large that one more chunk wraps around.
        let taken = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |start| {
            (start < self.end).then(|| self.chunk_from(start).end)
        });
        taken.ok().map(|start| self.chunk_from(start))
    }

    /// Leaves no chunk to take, since a worker has failed.
    pub fn stop(&self) {
        self.next.store(self.end, Ordering::Relaxed);
    }

    fn chunk_from(&self, start: u64) -> Range<u64> {
        start..self.end.min(start.saturating_add(CHUNK_RECORDS))
    }
}

/// A buffer for the text of a chunk; it is used again for the next.
pub fn buffer() -> Vec<u8> {
    Vec::with_capacity(CHUNK_BYTES)
}

/// The number of workers that have a chunk to make, at most `wanted`.
pub fn useful_workers(wanted: usize, records: &Range<u64>) -> usize {
    let chunks = (records.end - records.start).div_ceil(CHUNK_RECORDS).max(1);
    let workers = usize::try_from(chunks).map_or(wanted, |chunks| chunks.min(wanted));
    tracing::debug!("memory: {workers} x {} KiB", CHUNK_BYTES >> 10);
    workers
}

/// Makes all `records` on `workers` threads of a pool. `give` gets the chunks in their order, one at a time, each on the
/// thread that has made it, and breaks when its reader has enough.
///
/// Each worker holds one chunk, and waits for its turn. So no worker gets ahead of the slowest by more than one chunk.
///
/// # Errors
/// The first error of `make` or `give`; Ctrl-C; threads that cannot be started.
pub fn in_order(
    workers: usize,
    records: &Range<u64>,
    make: impl Fn(Range<u64>, &mut Vec<u8>) -> Result<()> + Sync,
    give: impl FnMut(&[u8], u64) -> Result<ControlFlow<()>> + Send,
) -> Result<()> {
    let workers = useful_workers(workers, records);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|number| format!("worker-{}", number + 1))
        .build()
        .map_err(|error| Error::failed(format!("cannot start {workers} workers: {error}")))?;
    let chunks = Chunks::of(records);
    let turns =
        Turns { turn: Mutex::new(Turn { start: records.start, over: None, give }), passed: Condvar::new() };
    // Every thread of the pool runs this once and nothing else, so a thread that waits for its turn blocks no other.
    pool.broadcast(|_| {
        let _end = EndOnPanic(&turns);
        let mut running = timeline::begin(Step::Make, "");
        let mut made = buffer();
        while let Some(chunk) = chunks.take() {
            made.clear();
            let outcome = make(chunk.clone(), &mut made);
            if !turns.give(chunk, outcome.map(|()| &made[..])) {
                break;
            }
        }
        running.end();
    });
    turns.turn.into_inner().unwrap_or_else(PoisonError::into_inner).over.unwrap_or(Ok(()))
}

/// Whose turn it is.
struct Turns<G> {
    turn: Mutex<Turn<G>>,
    passed: Condvar,
}

struct Turn<G> {
    /// First record of the next chunk to give.
    start: u64,
    /// The outcome, once no more chunks are given.
    over: Option<Result<()>>,
    give: G,
}

impl<G: FnMut(&[u8], u64) -> Result<ControlFlow<()>>> Turns<G> {
    fn lock(&self) -> MutexGuard<'_, Turn<G>> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of a chunk and gives it. Returns whether more chunks are wanted.
    fn give(&self, chunk: Range<u64>, made: Result<&[u8]>) -> bool {
        let mut turn = self
            .passed
            .wait_while(self.lock(), |turn| turn.over.is_none() && turn.start != chunk.start)
            .unwrap_or_else(PoisonError::into_inner);
        if turn.over.is_some() {
            return false;
        }
        let given = interrupt::check().and(made).and_then(|made| (turn.give)(made, chunk.end - chunk.start));
        match given {
            Ok(ControlFlow::Continue(())) => turn.start = chunk.end,
            Ok(ControlFlow::Break(())) => turn.over = Some(Ok(())),
            Err(error) => turn.over = Some(Err(error)),
        }
        self.passed.notify_all();
        turn.over.is_none()
    }
}

/// Ends the waiting for the turn of a worker that has panicked. The pool passes the panic on when all threads have ended.
struct EndOnPanic<'t, G: FnMut(&[u8], u64) -> Result<ControlFlow<()>>>(&'t Turns<G>);

impl<G: FnMut(&[u8], u64) -> Result<ControlFlow<()>>> Drop for EndOnPanic<'_, G> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().over = Some(Ok(()));
            self.0.passed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(chunk: Range<u64>, out: &mut Vec<u8>) -> Result<()> {
        out.extend(chunk.flat_map(u64::to_le_bytes));
        Ok(())
    }

    fn made(workers: usize, records: Range<u64>) -> Vec<u64> {
        let (mut bytes, mut count) = (Vec::new(), 0);
        in_order(workers, &records, numbers, |chunk, records| {
            bytes.extend_from_slice(chunk);
            count += records;
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        assert_eq!(count, records.end - records.start);
        bytes.chunks_exact(8).map(|number| u64::from_le_bytes(number.try_into().unwrap())).collect()
    }

    #[test]
    fn nothing_is_lost_or_out_of_order_whatever_the_number_of_workers() {
        for workers in [1, 2, 3, 4, 7] {
            for records in [0..0, 0..1, 0..102, 5..CHUNK_RECORDS + 5, 3..10 * CHUNK_RECORDS + 2] {
                assert_eq!(made(workers, records.clone()), records.collect::<Vec<_>>(), "{workers} workers");
            }
        }
    }

    #[test]
    fn the_last_possible_records_are_reached() {
        let records = u64::MAX - 3..u64::MAX;
        assert_eq!(made(2, records.clone()), records.collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_the_work_and_so_does_a_reader_that_has_enough() {
        let mut given = 0;
        let error = in_order(3, &(0..100 * CHUNK_RECORDS), numbers, |_, _| {
            given += 1;
            if given == 5 { Err(Error::failed("disk full")) } else { Ok(ControlFlow::Continue(())) }
        });
        assert_eq!((error.unwrap_err().to_string().as_str(), given), ("disk full", 5));
        let mut given = 0;
        let enough = in_order(3, &(0..100 * CHUNK_RECORDS), numbers, |_, _| {
            given += 1;
            Ok(if given < 7 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        assert_eq!((enough.is_ok(), given), (true, 7));
    }

    #[test]
    fn what_cannot_be_made_ends_the_work_in_its_turn() {
        let make = |chunk: Range<u64>, _: &mut Vec<u8>| match chunk.start {
            start if start == 7 * CHUNK_RECORDS => Err(Error::failed("no such value")),
            _ => Ok(()),
        };
        let mut given = 0;
        let error = in_order(3, &(0..100 * CHUNK_RECORDS), make, |_, _| {
            given += 1;
            Ok(ControlFlow::Continue(()))
        });
        assert_eq!((error.unwrap_err().to_string().as_str(), given), ("no such value", 7));
    }

    #[test]
    fn a_worker_that_panics_leaves_no_other_waiting() {
        let outcome = std::panic::catch_unwind(|| {
            let make = |chunk: Range<u64>, _: &mut Vec<u8>| {
                assert_ne!(chunk.start, 3 * CHUNK_RECORDS);
                Ok(())
            };
            in_order(3, &(0..100 * CHUNK_RECORDS), make, |_, _| Ok(ControlFlow::Continue(())))
        });
        assert!(outcome.is_err());
    }

    #[test]
    fn no_worker_is_started_for_nothing() {
        let workers = [0..0, 0..CHUNK_RECORDS, 5..CHUNK_RECORDS + 6, 0..u64::MAX];
        assert_eq!(workers.map(|records| useful_workers(9, &records)), [1, 1, 2, 9]);
    }

    #[test]
    fn a_stopped_run_has_no_more_chunks() {
        let chunks = Chunks::of(&(0..10 * CHUNK_RECORDS));
        assert_eq!(chunks.take(), Some(0..CHUNK_RECORDS));
        chunks.stop();
        assert_eq!(chunks.take(), None);
    }
}
