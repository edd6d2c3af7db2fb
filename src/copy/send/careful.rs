//! The careful way to load rows if the server refuses some of them: a COPY for each batch, in a savepoint.
//!
//! A refused row takes its whole COPY with it. So the rows before it are copied again, and the rows behind it in two halves,
//! down to single rows if necessary: each refused row costs a few COPYs of a part of its batch.

use super::sink::{CopyFailure, CopySink};
use crate::Result;
use crate::copy::encode::Encoder;
use crate::copy::encode::batch_encoder::{BatchEncoder, EncodedRow, collect_into};
use crate::copy::input::batch::{Batch, BatchSource};
use crate::copy::rejects::lines::Rejects;
use crate::copy::verify::{SentRows, Watch};
use crate::pg::ident::Qualified;
use crate::report::timeline;
use crate::run::interrupt;
use postgres::Transaction;
use std::ops::Range;

/// Copies all rows of `source` into `table`, except for those that become `rejects`; returns how many. `progress` gets the
/// bytes of each batch, and `watch` all rows that were copied.
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
        let ends: Vec<usize> = rows.iter().map(|row| row.end).collect();
        let mut refused = Vec::new();
        let copied_now =
            copy_pieces(encoder.encoder, &ends, &out, transaction, table, &mut |row, column, what| {
                refused.push((row, column, what));
                rejects.have_no_room_for(encoder.rejected() + refused.len())
            })?;
        copied += copied_now;
        timeline::rows(copied_now);
        // In the order of the data file, not in that of the refusals.
        refused.sort_unstable_by_key(|(row, ..)| *row);
        let refused_rows: Vec<usize> = refused.iter().map(|(row, ..)| *row).collect();
        for (row, column, what) in refused {
            encoder.reject_refused(&batch, &rows[row], column, what);
        }
        encoder.keep_notices();
        encoder.rejects().sort_by_key(|reject| reject.origin.offset);
        rejects.add(&batch, encoder.rejects())?;
        for piece in between(&refused_rows, rows.len()) {
            let start = start_of(&piece, &rows);
            encoder.tally(&out[start..rows[piece.end - 1].end]);
            if let Some(watch) = &mut watch {
                let sent = SentRows { batch: &batch, rows: &rows[piece], out: &out, start };
                watch.add(sent, encoder.resolver())?;
            }
        }
        progress(batch.bytes.len() as u64);
    }
    if let Some(watch) = watch {
        watch.finish(encoder.resolver())?;
    }
    Ok(copied)
}

/// So many rows without these, in pieces without a gap.
fn between(without: &[usize], rows: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(without.iter().map(|row| row + 1));
    let ends = without.iter().copied().chain(std::iter::once(rows));
    starts.zip(ends).map(|(start, end)| start..end).filter(|piece| !piece.is_empty())
}

/// Where a piece of the encoded rows begins in the output.
fn start_of(piece: &Range<usize>, rows: &[EncodedRow]) -> usize {
    piece.start.checked_sub(1).map_or(0, |before| rows[before].end)
}

/// Copies encoded rows, which end in `out` at `ends`, except for those that the server refuses; returns how many. `refused`
/// gets the place of each refused row among the rows, the column at fault if there is one, and the server's words. It returns
/// whether to give up.
///
/// # Errors
/// Reports of the connection or the server, unless a row is at fault.
pub fn copy_pieces(
    encoder: &Encoder,
    ends: &[usize],
    out: &[u8],
    transaction: &mut Transaction<'_>,
    table: &Qualified,
    refused: &mut dyn FnMut(usize, Option<String>, String) -> bool,
) -> Result<u64> {
    let mut copied = 0;
    let whole = 0..ends.len();
    let mut pieces = vec![whole];
    while let Some(piece) = pieces.pop() {
        if piece.is_empty() {
            continue;
        }
        let Some(refusal) = copy(encoder, ends, piece.clone(), out, transaction, table)? else {
            copied += piece.len() as u64;
            continue;
        };
        let Some(row) = refusal.row.or((piece.len() == 1).then_some(piece.start)) else {
            let middle = piece.start + piece.len() / 2;
            pieces.extend([middle..piece.end, piece.start..middle]);
            continue;
        };
        if refused(row, refusal.column, refusal.what) {
            break;
        }
        // Pieces are taken from the end, so rows keep their order.
        let middle = row + 1 + (piece.end - row - 1) / 2;
        pieces.extend([middle..piece.end, row + 1..middle, piece.start..row]);
    }
    Ok(copied)
}

/// The row for which the server has refused a piece.
struct RefusedRow {
    /// Its place, if the server names it.
    row: Option<usize>,
    column: Option<String>,
    what: String,
}

/// Copies a piece of the encoded rows `out`; nothing of it if the server refuses a row.
fn copy(
    encoder: &Encoder,
    ends: &[usize],
    piece: Range<usize>,
    out: &[u8],
    transaction: &mut Transaction<'_>,
    table: &Qualified,
) -> Result<Option<RefusedRow>> {
    let start = piece.start.checked_sub(1).map_or(0, |before| ends[before]);
    let mut savepoint = transaction.transaction()?;
    let mut sink = CopySink::open(&mut savepoint, table, encoder.columns(), encoder.row_format(), false)?;
    sink.write(encoder.header())?;
    sink.write(&out[start..ends[piece.end - 1]])?;
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
            Ok(Some(RefusedRow { row, column: refusal.column, what: refusal.what }))
        }
        Err(CopyFailure { error, refusal: None }) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_all_but_the_refused_rows() {
        let left = |without: &[usize], rows| -> Vec<(usize, usize)> {
            between(without, rows).map(|piece| (piece.start, piece.end)).collect()
        };
        assert_eq!(left(&[], 3), [(0, 3)]);
        assert_eq!(left(&[0], 3), [(1, 3)]);
        assert_eq!(left(&[1, 2], 3), [(0, 1)]);
        assert_eq!(left(&[0, 2], 4), [(1, 2), (3, 4)]);
        assert_eq!(left(&[0], 1), []);
        assert_eq!(left(&[], 0), []);
    }
}
