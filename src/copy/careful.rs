//! The careful way to load rows of which the server refuses some: a COPY for each batch, in a savepoint.
//!
//! A refused row takes its whole COPY with it. So the rows before it are copied again, and those behind it in two halves,
//! down to single rows where need be: a refused row costs a few COPYs of a part of its batch, however many there are.

use super::batch::{Batch, BatchSource};
use super::batch_encoder::{BatchEncoder, EncodedRow, collect_into};
use super::rejects::Rejects;
use super::sink::{CopyFailure, CopySink};
use super::verify::{SentRows, Watch};
use crate::pg::ident::Qualified;
use crate::{Result, interrupt};
use postgres::Transaction;
use std::ops::Range;

/// Copies all rows of `source` into `table`, but for those that are put aside among `rejects`; returns how many.
/// `progress` is told the bytes of each batch, and `watch` all that was copied.
///
/// # Errors
/// Too many rejects; what the source, the connection or Ctrl-C report.
pub fn copy_carefully(
    source: &mut dyn BatchSource,
    mut encoder: BatchEncoder<'_, '_>,
    transaction: &mut Transaction<'_>,
    table: &Qualified,
    rejects: &Rejects,
    mut watch: Option<&mut Watch>,
    progress: &dyn Fn(u64),
) -> Result<u64> {
    let (mut batch, mut out, mut rows) = (Batch::new(), Vec::new(), Vec::new());
    let mut copied = 0;
    while source.next_into(&mut batch)? {
        interrupt::check()?;
        out.clear();
        rows.clear();
        encoder.push(&batch, &mut out, &mut collect_into(&mut rows))?;
        let whole = 0..rows.len();
        let mut pieces = vec![whole];
        while let Some(piece) = pieces.pop() {
            if piece.is_empty() {
                continue;
            }
            let Some(refused) = copy(&encoder, &rows, piece.clone(), &out, transaction, table)? else {
                copied += piece.len() as u64;
                if let Some(watch) = &mut watch {
                    let start = start_of(&piece, &rows);
                    let sent = SentRows { batch: &batch, rows: &rows[piece], out: &out, start };
                    watch.add(sent, encoder.resolver())?;
                }
                continue;
            };
            let Some(row) = refused.row.or((piece.len() == 1).then_some(piece.start)) else {
                let middle = piece.start + piece.len() / 2;
                pieces.extend([middle..piece.end, piece.start..middle]);
                continue;
            };
            encoder.put_aside(&batch, &rows[row], refused.column, refused.what);
            if rejects.have_no_room_for(encoder.rejects().len()) {
                break;
            }
            // The next piece is the last one here: rows keep their order.
            let middle = row + 1 + (piece.end - row - 1) / 2;
            pieces.extend([middle..piece.end, row + 1..middle, piece.start..row]);
        }
        encoder.rejects().sort_by_key(|reject| reject.origin.offset);
        rejects.add(&batch, encoder.rejects())?;
        progress(batch.bytes.len() as u64);
    }
    if let Some(watch) = watch {
        watch.finish(encoder.resolver())?;
    }
    Ok(copied)
}

/// Where a piece of the encoded rows begins in the output.
fn start_of(piece: &Range<usize>, rows: &[EncodedRow]) -> usize {
    piece.start.checked_sub(1).map_or(0, |before| rows[before].end)
}

/// Why the server has refused a piece.
struct Refused {
    /// The row's place in its batch, where the server names it.
    row: Option<usize>,
    column: Option<String>,
    what: String,
}

/// Copies a piece of the encoded rows `out`, or nothing.
fn copy(
    encoder: &BatchEncoder<'_, '_>,
    rows: &[EncodedRow],
    piece: Range<usize>,
    out: &[u8],
    transaction: &mut Transaction<'_>,
    table: &Qualified,
) -> Result<Option<Refused>> {
    let encoder = &encoder.encoder;
    let start = start_of(&piece, rows);
    let mut savepoint = transaction.transaction()?;
    let mut sink = CopySink::open(&mut savepoint, table, encoder.columns(), encoder.row_format(), false)?;
    sink.write(encoder.header())?;
    sink.write(&out[start..rows[piece.end - 1].end])?;
    sink.write(encoder.trailer())?;
    match sink.finish(encoder.columns(), piece.len() as u64) {
        Ok(()) => {
            savepoint.commit()?;
            Ok(None)
        }
        Err(CopyFailure { refusal: Some(refusal), .. }) => {
            savepoint.rollback()?;
            let row = refusal
                .row
                .and_then(|row| usize::try_from(row).ok()?.checked_sub(1))
                .map(|row| piece.start + row);
            let row = row.filter(|row| piece.contains(row));
            Ok(Some(Refused { row, column: refusal.column, what: refusal.what }))
        }
        Err(CopyFailure { error, refusal: None }) => Err(error),
    }
}
