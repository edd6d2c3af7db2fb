//! Many streams: one thread reads a data file and cuts it into batches, which several COPYs share.
//!
//! Streams take batches in the order of the file, each as soon as it is free. After a failure no stream takes another one, but
//! batches that were taken are encoded and sent. So of all rows that no encoder takes, the first one of the file is reported,
//! in whatever order the streams run.

use super::stream::STREAM_BYTES;
use crate::Result;
use crate::copy::input::batch::{Batch, BatchSource};
use crate::run::interrupt;
use crate::run::workers::Workers;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::atomic::{AtomicU64, Ordering};

/// One stream's access to the batches of a file.
pub struct SharedBatches<'s> {
    full: Receiver<Batch>,
    spent: Sender<Batch>,
    workers: &'s Workers<'s>,
}

impl BatchSource for SharedBatches<'_> {
    /// The next batch that no stream has taken; `false` at the end of the file, and after another stream's failure.
    fn next_into(&mut self, batch: &mut Batch) -> Result<bool> {
        if self.workers.are_stopped() {
            return Ok(false);
        }
        let Ok(full) = self.full.recv() else { return Ok(false) };
        let mut spent = std::mem::replace(batch, full);
        spent.bytes.clear();
        // The room that a long row took is not kept in every buffer.
        spent.bytes.shrink_to(Batch::CAPACITY);
        // Fails when nothing more is read.
        let _ = self.spent.send(spent);
        Ok(true)
    }
}

/// The most memory of so many streams together, bytes, unless a row is longer than a batch: that of each, and the batches
/// between them and the reader.
pub fn memory_bytes(streams: usize) -> usize {
    streams * STREAM_BYTES + spare_batches(streams) * Batch::CAPACITY
}

/// One batch waits for each stream, and one is being read.
fn spare_batches(streams: usize) -> usize {
    streams + 1
}

/// Reads `reader` to its end. Meanwhile `send` gets each of `streams`, on a thread of its own, sends the batches that it takes,
/// and returns its number of rows. The result is the number of all rows.
///
/// # Errors
/// Of several failures, the one at the first line, else the one that came first. All threads have ended then.
pub fn share<S: Send>(
    reader: &mut dyn BatchSource,
    streams: Vec<S>,
    send: impl Fn(S, SharedBatches<'_>) -> Result<u64> + Sync,
) -> Result<u64> {
    let count = streams.len();
    let (send_full, full) = bounded(count);
    let (send_spent, spent) = bounded(count + spare_batches(count));
    for _ in 0..spare_batches(count) {
        // The channel has room for them, and its receiver is right here.
        let _ = send_spent.send(Batch::new());
    }
    let workers = Workers::default();
    let rows = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (send, rows, workers) = (&send, &rows, &workers);
        for (number, stream) in streams.into_iter().enumerate() {
            let batches = SharedBatches { full: full.clone(), spent: send_spent.clone(), workers };
            workers.spawn(scope, format!("stream-{}", number + 1), move || {
                rows.fetch_add(send(stream, batches)?, Ordering::Relaxed);
                Ok(())
            });
        }
        // The reader ends when the last stream has ended.
        drop((full, send_spent));
        workers.run(|| read(reader, spent, send_full, workers));
    });
    workers.finish()?;
    Ok(rows.into_inner())
}

/// Fills batches until no row is left, or no stream takes them.
fn read(
    reader: &mut dyn BatchSource,
    spent: Receiver<Batch>,
    full: Sender<Batch>,
    workers: &Workers<'_>,
) -> Result<()> {
    for mut batch in spent {
        interrupt::check()?;
        if workers.are_stopped() || !reader.next_into(&mut batch)? || full.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::input::batch::{BATCH_BYTES, BatchReader, Origin};
    use crate::copy::input::format::{Format, LineEnd};
    use crate::run::workers::PANICKED;
    use crate::{Error, Place};
    use std::io::Read;
    use std::sync::Mutex;

    /// Numbered rows, and what `send` makes of them; a few batches' worth.
    fn shared(streams: usize, send: impl Fn(usize, SharedBatches<'_>) -> Result<u64> + Sync) -> Result<u64> {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        let data = data();
        let start = Origin { line: 2, offset: 0 };
        let mut reader = BatchReader::new(&data[..], Vec::new(), &format, LineEnd::Lf, start);
        share(&mut reader, (0..streams).collect(), send)
    }

    fn data() -> Vec<u8> {
        (0..300_000_u32).flat_map(|number| format!("{number}\n").into_bytes()).collect()
    }

    fn lines(batch: &Batch) -> u64 {
        batch.bytes.iter().filter(|byte| **byte == b'\n').count() as u64
    }

    #[test]
    fn every_batch_goes_to_one_stream() {
        for streams in [1, 2, 5] {
            let taken = Mutex::new(Vec::new());
            let rows = shared(streams, |_, mut batches| {
                let (mut batch, mut rows) = (Batch::new(), 0);
                while batches.next_into(&mut batch)? {
                    rows += lines(&batch);
                    taken.lock().unwrap().push((batch.origin.offset, batch.bytes.clone()));
                }
                Ok(rows)
            });
            let mut taken = taken.into_inner().unwrap();
            taken.sort();
            assert_eq!((rows.unwrap(), taken.len()), (300_000, data().len().div_ceil(BATCH_BYTES)));
            assert!(taken.into_iter().flat_map(|(_, bytes)| bytes).eq(data()));
        }
    }

    #[test]
    fn of_several_failures_the_first_line_counts_and_no_stream_waits_for_ever() {
        let fault = |batch: &Batch| Error::failed("bad").at(Place::default().line(batch.origin.line));
        let all_fail = shared(3, |_, mut batches| {
            let mut batch = Batch::new();
            // A stream that comes after the first failure gets none.
            if batches.next_into(&mut batch)? { Err(fault(&batch)) } else { Ok(0) }
        });
        assert_eq!(all_fail.unwrap_err().to_string(), "line 2: bad");
        let one_fails = shared(3, |stream, mut batches| {
            let mut batch = Batch::new();
            while batches.next_into(&mut batch)? {
                if stream == 1 {
                    return Err(Error::failed("lost"));
                }
            }
            // Stream 1 may have got no batch at all; then it fails here.
            if stream == 1 { Err(Error::failed("lost")) } else { Ok(0) }
        });
        assert_eq!(one_fails.unwrap_err().to_string(), "lost");
    }

    #[test]
    fn a_stream_that_panics_is_a_failure() {
        let panics = shared(2, |_, _| panic!("on purpose"));
        assert_eq!(panics.unwrap_err().to_string(), PANICKED);
    }

    #[test]
    fn a_fault_in_the_data_is_reported_when_all_streams_have_ended() {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        let endless = (&b"1\n`"[..]).chain(std::io::repeat(b'x'));
        let start = Origin { line: 2, offset: 0 };
        let mut reader = BatchReader::new(endless, Vec::new(), &format, LineEnd::Lf, start);
        let outcome = share(&mut reader, vec![(), ()], |(), mut batches| {
            let mut batch = Batch::new();
            while batches.next_into(&mut batch)? {}
            Ok(1)
        });
        assert!(outcome.unwrap_err().to_string().starts_with("line 3: row is longer than"));
    }
}
