//! One stream: batches in, rows out to one COPY, and the way back from a refused row to its line.

use super::sink::{CopyFailure, CopySink, Refusal};
use crate::copy::encode::Encoder;
use crate::copy::encode::batch_encoder::{BatchEncoder, CORRECT_THE_ROW, collect_into, row_error};
use crate::copy::input::batch::{BATCH_BYTES, Batch, BatchSource, Origin};
use crate::copy::input::format::LineEnd;
use crate::copy::input::rows::Rows;
use crate::copy::rejects::lines::Rejects;
use crate::copy::verify::{SentRows, Watch};
use crate::error::Hint;
use crate::report::timeline;
use crate::run::interrupt;
use crate::{Place, Result};

/// Encoded bytes that are gathered before they are sent: blocks of 64 KiB and more suit COPY.
const SEND_BYTES: usize = 256 << 10;

/// The most that encoded rows are larger than their batch: a field of one digit and its separator become four bytes of length
/// and up to eight bytes of value.
const GROWTH: usize = 6;

/// The most memory of one stream, bytes, unless a row is longer than a batch: the batch and its rest, twice the encoded rows
/// (here, and in the client library's own buffer), and 1 MiB for inflating and decoding.
pub const STREAM_BYTES: usize = 3 * BATCH_BYTES + 2 * (SEND_BYTES + GROWTH * BATCH_BYTES) + (1 << 20);

/// The rows that one stream has sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// Their number.
    pub rows: u64,
    /// Their places in the data file. A single stream sends the whole file as one piece.
    pieces: Vec<Piece>,
    /// Where the last piece ends.
    end: u64,
}

/// A piece of the data file that one stream has sent without a gap.
#[derive(Debug)]
struct Piece {
    /// Where it begins.
    offset: u64,
    /// Rows that the stream had sent before it.
    rows_before: u64,
}

impl Sent {
    /// Notes that `batch` is sent next.
    fn begin(&mut self, batch: &Batch) {
        let offset = batch.origin.offset;
        if self.pieces.is_empty() || offset != self.end {
            self.pieces.push(Piece { offset, rows_before: self.rows });
        }
        self.end = offset + batch.bytes.len() as u64;
    }

    /// The piece that holds row `number` of the stream, counted from 1.
    fn piece(&self, number: u64) -> Option<&Piece> {
        self.pieces.iter().rev().find(|piece| piece.rows_before < number)
    }
}

/// Sends all rows of `source` into `sink`, except for those that become `rejects`. `progress` gets the bytes of each batch,
/// and `watch` all rows that are sent.
///
/// # Errors
/// The first row that is not well formed or cannot be encoded, with its line, if no more may be rejected; what the source,
/// the connection or Ctrl-C report.
pub fn send_rows(
    source: &mut dyn BatchSource,
    mut encoder: BatchEncoder<'_, '_>,
    sink: &mut CopySink<'_>,
    rejects: &Rejects,
    mut watch: Option<&mut Watch>,
    progress: &dyn Fn(u64),
) -> Result<Sent> {
    let (mut batch, mut rows) = (Batch::new(), Vec::new());
    let mut out = Vec::with_capacity(2 * SEND_BYTES);
    out.extend_from_slice(encoder.encoder.header());
    let mut sent = Sent::default();
    while source.next_into(&mut batch)? {
        interrupt::check()?;
        let before = sent.rows;
        sent.begin(&batch);
        let start = out.len();
        match &mut watch {
            None => sent.rows += encoder.push(&batch, &mut out, &mut |_| {})?,
            Some(watch) => {
                rows.clear();
                sent.rows += encoder.push(&batch, &mut out, &mut collect_into(&mut rows))?;
                let sent = SentRows { batch: &batch, rows: &rows, out: &out, start };
                watch.add(sent, encoder.resolver())?;
            }
        }
        encoder.keep_notices();
        encoder.tally(&out[start..]);
        rejects.add(&batch, encoder.rejects())?;
        if out.len() >= SEND_BYTES {
            sink.write(&out)?;
            out.clear();
        }
        progress(batch.bytes.len() as u64);
        timeline::rows(sent.rows - before);
    }
    out.extend_from_slice(encoder.encoder.trailer());
    if !out.is_empty() {
        sink.write(&out)?;
    }
    if let Some(watch) = watch {
        watch.finish(encoder.resolver())?;
    }
    Ok(sent)
}

/// Ends a COPY and compares the server's count with ours. If the server refuses a row that may be rejected, `rejects` need
/// the careful way.
///
/// # Errors
/// What the server refuses. If the server names a row, the data file is `reopen`ed to find its line.
pub fn finish_rows<S: BatchSource>(
    sink: CopySink<'_>,
    sent: &Sent,
    encoder: &Encoder,
    line_end: LineEnd,
    rejects: &Rejects,
    reopen: impl FnOnce() -> Result<S>,
) -> Result<()> {
    match sink.finish(encoder.columns(), sent.rows) {
        Ok(()) => Ok(()),
        Err(CopyFailure { error, refusal: None }) => Err(error),
        Err(CopyFailure { error, refusal: Some(_) }) if rejects.are_allowed() => {
            rejects.note_refusal();
            Err(error)
        }
        Err(CopyFailure { error, refusal: Some(Refusal { row: None, .. }) }) => Err(error),
        Err(CopyFailure { error, refusal: Some(Refusal { row: Some(row), .. }) }) => {
            let error = match error.has_hint() {
                true => error,
                false => error.remedy(CORRECT_THE_ROW).hint(Hint::Undone),
            };
            // The server's message stands even if the file can no longer be read.
            match reopen().and_then(|mut reader| find_row(&mut reader, line_end, encoder, sent, row)) {
                Ok(Some(origin)) => Err(error.at(Place::default().line(origin.line))),
                _ => Err(error),
            }
        }
    }
}

/// Where row `number` of a stream, counted from 1, begins. To read the file again costs time only when a row was refused; to
/// remember the line of every row would always cost memory.
fn find_row(
    reader: &mut dyn BatchSource,
    line_end: LineEnd,
    encoder: &Encoder,
    sent: &Sent,
    number: u64,
) -> Result<Option<Origin>> {
    let Some(piece) = sent.piece(number) else { return Ok(None) };
    let mut batch = Batch::new();
    let mut fields = Vec::new();
    let mut count = piece.rows_before;
    // The batches are the same as before.
    while reader.next_into(&mut batch)? {
        if batch.origin.offset < piece.offset {
            continue;
        }
        let mut rows = Rows::new(&batch, encoder.format(), line_end);
        while let Some(origin) = rows.next_row(&mut fields).map_err(|fault| row_error(&fault))? {
            count += 1;
            if count == number {
                return Ok(Some(origin));
            }
        }
    }
    Ok(None)
}
