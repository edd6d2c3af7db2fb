//! Batches into encoded rows: rows are found and encoded. A row that cannot be encoded is rejected, or is an error.

use super::Encoder;
use super::fault::ValueFault;
use super::questions::resolver::Resolver;
use crate::copy::figures::Tally;
use crate::copy::input::batch::{Batch, Origin};
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::LineEnd;
use crate::copy::input::open_quote::is_last_row;
use crate::copy::input::rows::{Extent, RowFault, Rows};
use crate::copy::notices::{NoticeCounts, Replaced};
use crate::copy::rejects::reject::Reject;
use crate::error::{Hint, shortened};
use crate::{Error, Place, Result};
use std::ops::Range;

/// What helps when a row cannot be loaded.
pub const CORRECT_THE_ROW: &str = "correct the row in the data file";

/// How much of a refused value is kept, characters: enough to find it. The row is kept whole.
const MOST_VALUE_CHARS: usize = 100;

/// A row that was encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedRow {
    /// Where it begins in the data file.
    pub origin: Origin,
    /// Its bytes in its batch, with the line end.
    pub row: Range<usize>,
    /// Where it ends in the output.
    pub end: usize,
}

/// What [`BatchEncoder::push`] reports while it encodes a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowEvent {
    /// One more row was encoded.
    Encoded(EncodedRow),
    /// All rows are encoded once more, with answers of the server.
    StartOver,
}

/// Collects the rows of a batch, for [`BatchEncoder::push`].
pub fn collect_into(rows: &mut Vec<EncodedRow>) -> impl FnMut(RowEvent) {
    |event| match event {
        RowEvent::Encoded(row) => rows.push(row),
        RowEvent::StartOver => rows.clear(),
    }
}

/// Encodes batches of one data file.
pub struct BatchEncoder<'e, 'c> {
    /// The encoder of each row.
    pub encoder: &'e mut Encoder,
    resolver: &'e mut Resolver<'c>,
    line_end: LineEnd,
    fields: Vec<FieldSpan>,
    may_reject: bool,
    rejects: Vec<Reject>,
    noted: Option<&'e NoticeCounts>,
    tally: Option<&'e mut Tally>,
}

impl<'e, 'c> BatchEncoder<'e, 'c> {
    /// Encodes rows that end with `line_end`. If it `may_reject`, rows that cannot be encoded are rejects; else the first one
    /// is an error.
    pub fn new(
        encoder: &'e mut Encoder,
        resolver: &'e mut Resolver<'c>,
        line_end: LineEnd,
        may_reject: bool,
    ) -> Self {
        let fields = Vec::with_capacity(encoder.columns().len());
        let (rejects, noted, tally) = (Vec::new(), None, None);
        BatchEncoder { encoder, resolver, line_end, fields, may_reject, rejects, noted, tally }
    }

    /// Adds what is noted about rows to `noted`, by [`BatchEncoder::keep_notices`].
    pub fn noting(self, noted: &'e NoticeCounts) -> Self {
        BatchEncoder { noted: Some(noted), ..self }
    }

    /// Takes figures of the rows that are given to [`BatchEncoder::tally`].
    pub fn tallying(self, tally: Option<&'e mut Tally>) -> Self {
        BatchEncoder { tally, ..self }
    }

    /// Takes figures of encoded rows, which are sent.
    pub fn tally(&mut self, rows: &[u8]) {
        if let Some(tally) = &mut self.tally {
            tally.add(rows);
        }
    }

    /// Keeps what was noted about the rows of the last batch: they are loaded, but for those that were rejected. Values in whose
    /// place NULL stands come to the rejects.
    pub fn keep_notices(&mut self) {
        let replaced = self.encoder.notices.take_replaced();
        if !replaced.is_empty() {
            let columns = self.encoder.columns();
            self.rejects.extend(replaced.into_iter().map(
                |Replaced { column, value, reason, origin, row }| {
                    let column = columns.get(column).map(|column| column.name.clone());
                    Reject { origin, row, column, value: Some(value), reason, hint: None, is_adjusted: true }
                },
            ));
            self.rejects.sort_by_key(|reject| reject.origin.offset);
        }
        if let Some(noted) = self.noted {
            noted.add(&mut self.encoder.notices);
        }
    }

    /// Appends the rows of a batch to `out`; returns how many. Calls `each` with every row. Where the server has to be asked
    /// about values, the rows are encoded once more with its answers.
    ///
    /// # Errors
    /// The first row that cannot be encoded, unless it can be rejected; a lost connection.
    pub fn push(&mut self, batch: &Batch, out: &mut Vec<u8>, each: &mut impl FnMut(RowEvent)) -> Result<u64> {
        let start = out.len();
        self.encoder.forget_answers();
        loop {
            self.rejects.clear();
            self.encoder.begin(&batch.bytes);
            let outcome = self.push_once(batch, out, each);
            // With a question in an earlier row, that row may turn out to be the first faulty one.
            if !self.encoder.has_questions() {
                return outcome;
            }
            self.encoder.ask(self.resolver)?;
            out.truncate(start);
            each(RowEvent::StartOver);
        }
    }

    /// The connection for questions; verification asks over it, too.
    pub fn resolver(&mut self) -> &mut Resolver<'c> {
        self.resolver
    }

    /// The rejected rows of the last batch, in their order; with what [`BatchEncoder::keep_notices`] adds.
    pub fn rejects(&mut self) -> &mut Vec<Reject> {
        &mut self.rejects
    }

    /// How many rows of the last batch are rejected so far.
    pub fn rejected(&self) -> usize {
        self.rejects.len()
    }

    fn push_once(
        &mut self,
        batch: &Batch,
        out: &mut Vec<u8>,
        each: &mut impl FnMut(RowEvent),
    ) -> Result<u64> {
        let format = self.encoder.format().clone();
        let mut rows = Rows::new(batch, &format, self.line_end);
        let mut count = 0;
        loop {
            let start = rows.position();
            let origin = match rows.next_row(&mut self.fields) {
                Ok(Some(origin)) => origin,
                Ok(None) => return Ok(count),
                Err(fault) => {
                    let end = if fault.extent == Extent::Rest { batch.bytes.len() } else { rows.position() };
                    self.reject_malformed(batch, start..end, &fault)?;
                    match fault.extent {
                        Extent::Line => continue,
                        Extent::Rest => return Ok(count),
                    }
                }
            };
            match self.encoder.push_row(&batch.bytes, &self.fields, out) {
                Ok(()) => {
                    count += 1;
                    let row = start..rows.position();
                    self.encoder.notices.place_replaced(origin, &row);
                    self.encoder.notices.place(origin.line);
                    each(RowEvent::Encoded(EncodedRow { origin, row, end: out.len() }));
                }
                Err(fault) if self.may_reject => {
                    self.encoder.notices.drop_row();
                    let reject = self.reject(batch, origin, start..rows.position(), fault);
                    self.rejects.push(reject);
                }
                Err(fault) => {
                    let place = Place { column: fault.column, ..Place::default() };
                    let error = Error::failed(fault.what).at(place.line(origin.line));
                    return Err(match fault.hint {
                        // Whether the row is at fault is for the job to say.
                        Some(
                            hint @ (Hint::NullMarker
                            | Hint::ColumnType(_)
                            | Hint::Value(_)
                            | Hint::DateOrder(_)
                            | Hint::ZeroDate),
                        ) => error.hint(hint),
                        hint => error.remedy(CORRECT_THE_ROW).hint(hint.unwrap_or(Hint::Undone)),
                    });
                }
            }
        }
    }

    /// Rejects a row that is not well formed, if that is allowed and its end is known.
    fn reject_malformed(&mut self, batch: &Batch, row: Range<usize>, fault: &RowFault) -> Result<()> {
        let columns = self.encoder.columns().len();
        let is_one_row = || match fault.extent {
            Extent::Line => true,
            Extent::Rest => {
                is_last_row(&batch.bytes[row.clone()], columns, self.encoder.format(), self.line_end)
            }
        };
        if !self.may_reject || !is_one_row() {
            return Err(row_error(fault));
        }
        let reason = format!("row {}", fault.what);
        self.rejects.push(Reject {
            origin: fault.origin,
            row,
            column: None,
            value: None,
            reason,
            hint: None,
            is_adjusted: false,
        });
        Ok(())
    }

    /// A reject whose fields are in `self.fields`.
    fn reject(&self, batch: &Batch, origin: Origin, row: Range<usize>, fault: ValueFault) -> Reject {
        let ValueFault { column, what: reason, hint } = fault;
        let number = column
            .as_ref()
            .and_then(|column| self.encoder.columns().iter().position(|candidate| candidate.name == *column));
        let format = self.encoder.format();
        let value = number.and_then(|number| self.fields.get(number)).map(|field| {
            let mut scratch = Vec::new();
            let value = field.value(&batch.bytes, format, &mut scratch);
            // A value that is not valid in the file's encoding is often the very fault.
            let text = format.charset.decode(value).unwrap_or_else(|| String::from_utf8_lossy(value));
            shortened(&text, MOST_VALUE_CHARS)
        });
        Reject { origin, row, column, value, reason, hint, is_adjusted: false }
    }

    /// Rejects a row of the last batch that was encoded, and that the server has refused.
    pub fn reject_refused(
        &mut self,
        batch: &Batch,
        row: &EncodedRow,
        column: Option<String>,
        reason: String,
    ) {
        self.encoder.notices.drop_line(row.origin.line);
        let bytes = batch.bytes[row.row.clone()].to_vec();
        let alone = Batch { origin: row.origin, bytes };
        // It was found before, so it is found again.
        let _ = Rows::new(&alone, self.encoder.format(), self.line_end).next_row(&mut self.fields);
        let fault = ValueFault { column, what: reason, hint: None };
        let reject = self.reject(&alone, row.origin, row.row.clone(), fault);
        self.rejects.push(reject);
    }
}

/// The error of a row that is not well formed.
pub fn row_error(fault: &RowFault) -> Error {
    Error::failed(format!("row {}", fault.what))
        .at(Place::default().line(fault.origin.line))
        .remedy(CORRECT_THE_ROW)
        .hint(Hint::Undone)
}
