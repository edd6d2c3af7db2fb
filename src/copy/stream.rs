//! One stream: batches in, rows out to one COPY, and the way back from a refused row to its line.

use super::batch::{BATCH_BYTES, Batch, BatchReader, BatchSource, Origin};
use super::encode::Encoder;
use super::format::LineEnd;
use super::resolve::Resolver;
use super::rows::{FieldSpan, RowFault, Rows};
use super::sink::{CopyFailure, CopySink};
use crate::{Error, Place, Result, interrupt};
use std::io::Read;

/// Encoded bytes that are gathered before they are sent. COPY wants blocks of 64 KiB and more.
const SEND_BYTES: usize = 256 << 10;

/// What a batch of rows may become at most, in times its size: a field of one digit and its separator become four bytes
/// of length and up to eight of value.
const GROWTH: usize = 6;

/// What one stream holds at most, bytes, unless a row is longer than a batch: the batch and its rest, twice the
/// encoded rows (here, and in the client library's own buffer), and as much for inflating and decoding.
pub const STREAM_BYTES: usize = 3 * BATCH_BYTES + 2 * (SEND_BYTES + GROWTH * BATCH_BYTES) + (1 << 20);

/// What helps when a row cannot be loaded.
const CORRECT_THE_ROW: &str = "correct the row in the data file; nothing of this unit was loaded";

/// What one stream has sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// So many rows.
    pub rows: u64,
    /// What they were in the data file. One stream alone sends all of it as one piece.
    pieces: Vec<Piece>,
    /// Where the last piece ends.
    end: u64,
}

/// A part of the data file that went to one stream without a gap.
#[derive(Debug)]
struct Piece {
    /// Where it begins.
    offset: u64,
    /// Rows that the stream had sent before.
    rows_before: u64,
}

impl Sent {
    /// `batch` is sent next.
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

/// Sends all rows of `source` into `sink`; returns what they were. `progress` is told the bytes of each batch.
///
/// # Errors
/// The first row that is not well formed or cannot be encoded, with its line; what the source, the connection or
/// Ctrl-C report.
pub fn send_rows(
    source: &mut dyn BatchSource,
    line_end: LineEnd,
    encoder: &mut Encoder,
    resolver: &mut Resolver<'_>,
    sink: &mut CopySink<'_>,
    progress: &dyn Fn(u64),
) -> Result<Sent> {
    let mut batch = Batch::new();
    let mut fields = Vec::with_capacity(encoder.columns().len());
    let mut out = Vec::with_capacity(2 * SEND_BYTES);
    out.extend_from_slice(encoder.header());
    let mut sent = Sent::default();
    while source.next_into(&mut batch)? {
        interrupt::check()?;
        sent.begin(&batch);
        sent.rows += encode(&batch, line_end, encoder, resolver, &mut fields, &mut out)?;
        if out.len() >= SEND_BYTES {
            sink.write(&out)?;
            out.clear();
        }
        progress(batch.bytes.len() as u64);
    }
    out.extend_from_slice(encoder.trailer());
    if !out.is_empty() {
        sink.write(&out)?;
    }
    Ok(sent)
}

/// Appends the rows of a batch to `out`; returns how many. Where the server has to be asked about values, they are
/// written once more with its answers.
fn encode(
    batch: &Batch,
    line_end: LineEnd,
    encoder: &mut Encoder,
    resolver: &mut Resolver<'_>,
    fields: &mut Vec<FieldSpan>,
    out: &mut Vec<u8>,
) -> Result<u64> {
    let start = out.len();
    encoder.forget_some();
    loop {
        let outcome = encode_once(batch, line_end, encoder, fields, out);
        // A fault stands only if no row before it has a question: that may turn out to be the first one.
        if !encoder.has_questions() {
            return outcome;
        }
        encoder.ask(resolver)?;
        out.truncate(start);
    }
}

fn encode_once(
    batch: &Batch,
    line_end: LineEnd,
    encoder: &mut Encoder,
    fields: &mut Vec<FieldSpan>,
    out: &mut Vec<u8>,
) -> Result<u64> {
    let format = encoder.format().clone();
    let mut rows = Rows::new(batch, &format, line_end);
    let mut count = 0;
    while let Some(origin) = rows.next_row(fields).map_err(row_error)? {
        encoder.push_row(&batch.bytes, fields, out).map_err(|fault| {
            let place = Place { column: fault.column, ..Place::default() };
            let remedy = fault.remedy.unwrap_or(CORRECT_THE_ROW);
            Error::failed(fault.what).at(place.line(origin.line)).remedy(remedy)
        })?;
        count += 1;
    }
    Ok(count)
}

/// Ends a COPY and compares the server's count with ours.
///
/// # Errors
/// What the server refused; with the line of the data file, found by `reopen`ing it, where the server names a row.
pub fn finish_rows<R: Read>(
    sink: CopySink<'_>,
    sent: &Sent,
    encoder: &Encoder,
    line_end: LineEnd,
    reopen: impl FnOnce() -> Result<BatchReader<R>>,
) -> Result<()> {
    match sink.finish(encoder.columns(), sent.rows) {
        Ok(()) => Ok(()),
        Err(CopyFailure { error, row: None }) => Err(error),
        Err(CopyFailure { error, row: Some(row) }) => {
            let error = error.remedy(CORRECT_THE_ROW);
            // The server's message stands even where the file can no longer be read.
            match reopen().and_then(|mut reader| find_row(&mut reader, line_end, encoder, sent, row)) {
                Ok(Some(origin)) => Err(error.at(Place::default().line(origin.line))),
                _ => Err(error),
            }
        }
    }
}

/// Where row `number` of a stream, counted from 1, begins. Reading again costs time only when a row was refused; keeping the
/// line of every row would cost memory always.
fn find_row<R: Read>(
    reader: &mut BatchReader<R>,
    line_end: LineEnd,
    encoder: &Encoder,
    sent: &Sent,
    number: u64,
) -> Result<Option<Origin>> {
    let Some(piece) = sent.piece(number) else { return Ok(None) };
    let mut batch = Batch::new();
    let mut fields = Vec::new();
    let mut count = piece.rows_before;
    // The batches are the same ones as before.
    while reader.next_into(&mut batch)? {
        if batch.origin.offset < piece.offset {
            continue;
        }
        let mut rows = Rows::new(&batch, encoder.format(), line_end);
        while let Some(origin) = rows.next_row(&mut fields).map_err(row_error)? {
            count += 1;
            if count == number {
                return Ok(Some(origin));
            }
        }
    }
    Ok(None)
}

fn row_error(fault: RowFault) -> Error {
    Error::failed(format!("row {}", fault.what))
        .at(Place::default().line(fault.origin.line))
        .remedy(CORRECT_THE_ROW)
}
