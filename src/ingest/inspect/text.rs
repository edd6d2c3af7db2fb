//! Samples as text: decoded, cut to whole lines, and their rows by a format.

use super::line::Spot;
use super::sample::{Piece, Sample};
use crate::copy::input::batch::{Batch, Origin};
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::{Format, LineEnd};
use crate::copy::input::header::read_header;
use crate::copy::input::rows::{Extent, Rows};
use std::collections::BTreeMap;
use std::io::Read;

/// A row that goes on to the end of a piece may be a good one that was cut off, if it is no longer than this, bytes.
const CUT_ROW_BYTES: usize = 64 << 10;

/// Rows that are none, behind which no more are looked for.
const MOST_BROKEN: u64 = 100;

/// Rows that are looked at to know whether rows begin somewhere.
const TRIED_ROWS: usize = 16;

/// The text of a sample.
#[derive(Clone)]
pub struct SampleText {
    /// How comments call the data file.
    pub label: String,
    /// The beginning of the data file, and pieces of what follows; none is empty but the first.
    pub pieces: Vec<TextPiece>,
    /// The names of the descriptor's columns.
    pub names: Option<Vec<String>>,
}

/// A run of lines.
#[derive(Clone)]
pub struct TextPiece {
    /// Where it begins in the data file, bytes; of one that is decoded, about where.
    offset: u64,
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// Whether they go up to the end of the data file.
    pub is_last: bool,
}

/// What is seen of one row.
pub enum Seen<'r> {
    /// Where it is, the bytes of its batch, and its fields.
    Row(Spot, &'r [u8], &'r [FieldSpan]),
    /// So many lines that are no rows, from there on.
    Broken(Spot, u64),
}

impl SampleText {
    /// The text of a sample.
    pub fn new(sample: &Sample, charset: Charset) -> SampleText {
        let pieces = sample.pieces.iter().enumerate();
        let pieces = pieces.map(|(number, piece)| TextPiece::new(piece, number > 0, charset));
        let pieces = pieces.enumerate().filter(|(number, piece)| *number == 0 || !piece.bytes.is_empty());
        let pieces = pieces.map(|(_, piece)| piece).collect();
        SampleText { label: sample.label.clone(), pieces, names: None }
    }

    /// Whether it is all of the data file.
    pub fn is_whole(&self) -> bool {
        self.pieces.first().is_some_and(|piece| piece.is_last)
    }

    /// Less of it: a half of `most` bytes from the beginning, the other half from the pieces behind.
    pub fn less(&self, most: usize) -> SampleText {
        let of_beginning = if self.pieces.len() > 1 { most / 2 } else { most };
        let of_others = most / 2 / (self.pieces.len() - 1).max(1);
        let pieces = self.pieces.iter().enumerate();
        let pieces =
            pieces.map(|(number, piece)| piece.less(if number == 0 { of_beginning } else { of_others }));
        SampleText { label: self.label.clone(), pieces: pieces.collect(), names: self.names.clone() }
    }

    /// Whether the text is anywhere in it.
    pub fn holds(&self, text: &[u8]) -> bool {
        self.pieces.iter().any(|piece| memchr::memmem::find(&piece.bytes, text).is_some())
    }

    /// All rows, the header included, as the load would find them. The format must have no header.
    ///
    /// It ends after [`MOST_BROKEN`] rows that are none: looking on behind each costs more than behind a good one. In a piece behind
    /// the beginning, it begins where the rows have as many fields as most rows of the beginning.
    pub fn rows(&self, format: &Format, mut see: impl FnMut(Seen<'_>)) {
        let Some((beginning, others)) = self.pieces.split_first() else { return };
        let mut input = beginning.bytes.as_slice();
        let Ok((header, mut bytes)) = read_header(&mut input, format, usize::MAX) else {
            return see(Seen::Broken(Spot::Line(1), 1));
        };
        bytes.extend_from_slice(input);
        let mut widths: BTreeMap<usize, u64> = BTreeMap::new();
        let mut broken = 0;
        let batch = Batch { origin: header.data_origin, bytes };
        let spot = |origin: Origin| Spot::Line(origin.line);
        rows_of(&batch, format, header.line_end, beginning.is_last, &mut broken, spot, |seen| {
            if let Seen::Row(_, _, fields) = &seen {
                *widths.entry(fields.len()).or_default() += 1;
            }
            see(seen);
        });
        let width = widths.into_iter().max_by_key(|(_, rows)| *rows).map_or(0, |(width, _)| width);
        for piece in others {
            let start = piece.first_row(format, header.line_end, width);
            let batch = Batch { origin: Origin { line: 1, offset: 0 }, bytes: piece.bytes[start..].to_vec() };
            let spot = |origin: Origin| Spot::Byte(piece.offset + start as u64 + origin.offset);
            rows_of(&batch, format, header.line_end, piece.is_last, &mut broken, spot, &mut see);
        }
    }
}

/// The rows of a batch.
fn rows_of(
    batch: &Batch,
    format: &Format,
    line_end: LineEnd,
    is_last: bool,
    broken: &mut u64,
    spot: impl Fn(Origin) -> Spot,
    mut see: impl FnMut(Seen<'_>),
) {
    let mut rows = Rows::new(batch, format, line_end);
    let mut fields = Vec::new();
    loop {
        match rows.next_row(&mut fields) {
            Ok(None) => return,
            Ok(Some(origin)) => see(Seen::Row(spot(origin), &batch.bytes, &fields)),
            Err(fault) if fault.extent == Extent::Line && *broken < MOST_BROKEN => {
                *broken += 1;
                see(Seen::Broken(spot(fault.origin), 1));
            }
            Err(fault) => {
                let rest = &batch.bytes[rows.position()..];
                if is_last || rest.len() > CUT_ROW_BYTES || fault.extent == Extent::Line {
                    let lines = rest.iter().filter(|byte| **byte == b'\n').count().max(1) as u64;
                    see(Seen::Broken(spot(fault.origin), lines));
                }
                return;
            }
        }
    }
}

impl TextPiece {
    /// The text of a piece without the line that it begins within, if it is not the first, and without the one that it ends within.
    fn new(piece: &Piece, is_further: bool, charset: Charset) -> TextPiece {
        let mut text = Vec::new();
        let mut reader = charset.reader(piece.bytes.as_slice());
        // Reading from memory does not fail.
        let _ = reader.read_to_end(&mut text);
        let whole = whole_lines(&text, is_further, piece.is_last);
        let offset = piece.offset + whole.start as u64;
        TextPiece { offset, bytes: text[whole].to_vec(), is_last: piece.is_last }
    }

    /// The first bytes of it, up to a line end.
    fn less(&self, most: usize) -> TextPiece {
        let first = self.bytes.get(..most).unwrap_or(&self.bytes);
        let is_last = self.is_last && first.len() == self.bytes.len();
        TextPiece { offset: self.offset, bytes: first[whole_lines(first, false, is_last)].to_vec(), is_last }
    }

    /// Where the first whole row begins: with the piece, behind a line that is the rest of a row, or behind the rest of a value in
    /// quotes.
    fn first_row(&self, format: &Format, line_end: LineEnd, width: usize) -> usize {
        let behind = self.first_end(None, format, line_end);
        let behind_quotes = format.quote.and_then(|quote| self.first_end(Some(quote), format, line_end));
        let mut best = (0, 0);
        for start in [Some(0), behind, behind_quotes].into_iter().flatten() {
            let right = self.right_rows(start, format, line_end, width);
            if right > best.1 {
                best = (start, right);
            }
            if right == TRIED_ROWS {
                break;
            }
        }
        best.0
    }

    /// Where the first row ends, if it begins with this byte before the piece.
    fn first_end(&self, before: Option<u8>, format: &Format, line_end: LineEnd) -> Option<usize> {
        let within = self.bytes.len().min(CUT_ROW_BYTES);
        let bytes: Vec<u8> = before.into_iter().chain(self.bytes[..within].iter().copied()).collect();
        let batch = Batch { origin: Origin { line: 1, offset: 0 }, bytes };
        let mut rows = Rows::new(&batch, format, line_end);
        let found = rows.next_row(&mut Vec::new());
        let has_end = match found {
            Ok(row) => row.is_some(),
            Err(fault) => fault.extent == Extent::Line,
        };
        has_end.then(|| rows.position() - usize::from(before.is_some())).filter(|end| *end < self.bytes.len())
    }

    /// How many of the rows that begin here have so many fields.
    fn right_rows(&self, start: usize, format: &Format, line_end: LineEnd, width: usize) -> usize {
        // Rows that are longer than that are not tried.
        let end = self.bytes.len().min(start + CUT_ROW_BYTES);
        let batch = Batch { origin: Origin { line: 1, offset: 0 }, bytes: self.bytes[start..end].to_vec() };
        let mut rows = Rows::new(&batch, format, line_end);
        let mut fields = Vec::new();
        let mut right = 0;
        for _ in 0..TRIED_ROWS {
            match rows.next_row(&mut fields) {
                Ok(Some(_)) => right += usize::from(fields.len() == width),
                Err(fault) if fault.extent == Extent::Line => {}
                _ => break,
            }
        }
        right
    }
}

/// The part of a text that is whole lines: without the one that it begins within, and without the one that it ends within. Where
/// there is no line end, all of a beginning, and nothing of a further piece.
pub fn whole_lines(text: &[u8], is_further: bool, is_last: bool) -> std::ops::Range<usize> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let start = match is_further {
        true => text.iter().position(is_end).map_or(text.len(), |at| at + 1),
        false => 0,
    };
    let end = match is_last {
        true => text.len(),
        false => text.iter().rposition(is_end).map_or(text.len(), |at| at + 1),
    };
    start..end.max(start)
}
