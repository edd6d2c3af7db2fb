//! Batches of separated values into a table: encoded by the same encoders as data files, and sent by a COPY each.
//!
//! A batch is in memory as long as it is copied. So a row that the server refuses is found by copying the batch in pieces
//! ([`crate::copy::send::careful`]); nothing is read again.

use super::batch::{ValueBatch, format};
use crate::copy::encode::questions::resolver::Resolver;
use crate::copy::encode::{CopyColumn, Encoder};
use crate::copy::notices::{Notice, NoticeCounts};
use crate::copy::rejects::rejected_row::RejectedRow;
use crate::copy::rejects::values::ValueRejects;
use crate::copy::send::careful::copy_pieces;
use crate::copy::send::sink::{CopyFailure, CopySink, Refusal};
use crate::pg::ident::Qualified;
use crate::report::timeline;
use crate::{Error, Result};
use postgres::{Client, Transaction};

/// The outcome of a batch.
#[derive(Debug)]
pub struct Copied {
    /// Rows that are in the table.
    pub rows: u64,
    /// Rows that were rejected now, besides those that were found when the batch was made.
    pub refused: Vec<RejectedRow>,
}

/// Copies batches into one table; each stream has its own.
pub struct ValueCopy<'c> {
    encoder: Encoder,
    resolver: Resolver<'c>,
    table: Qualified,
    out: Vec<u8>,
    /// The numbers of the rows that stand in `out`.
    rows: Vec<usize>,
    /// Where each of them ends in `out`.
    ends: Vec<usize>,
    notices: NoticeCounts,
}

impl<'c> ValueCopy<'c> {
    /// Copies into `table`. The server is asked about values that no encoder knows, over a connection of `connect`.
    pub fn new(columns: &[CopyColumn], table: &Qualified, connect: &'c dyn Fn() -> Result<Client>) -> Self {
        ValueCopy {
            encoder: Encoder::new(columns.to_vec(), format()),
            resolver: Resolver::new(connect),
            table: table.clone(),
            out: Vec::new(),
            rows: Vec::new(),
            ends: Vec::new(),
            notices: NoticeCounts::default(),
        }
    }

    /// Adds the adjusted values of all batches so far to those that `rejects` log at the end. To be called when their rows are
    /// committed.
    pub fn log_adjusted(&self, rejects: &ValueRejects) {
        let columns = self.encoder.columns();
        let counts = self.notices.of(Notice::Cut).into_iter();
        rejects.add_adjusted(counts.map(|(column, count)| (columns[column].name.as_str(), count)));
        self.notices.forget();
    }

    /// Copies the rows of a batch within `transaction`. Rows that cannot be loaded become `rejects`, like those that were
    /// found when the batch was made.
    ///
    /// # Errors
    /// The first row that cannot be loaded, where no more may be rejected; what the connection or the server reports.
    /// The transaction has failed then.
    pub fn copy(
        &mut self,
        transaction: &mut Transaction<'_>,
        batch: &ValueBatch,
        rejects: &ValueRejects,
    ) -> Result<Copied> {
        let mut refused = self.encode(batch)?;
        let in_order = |refused: &[RejectedRow]| {
            let mut all = [refused, batch.rejects()].concat();
            all.sort_by_key(|reject| (reject.order, reject.row));
            all
        };
        if !rejects.are_allowed() {
            rejects.add(&in_order(&refused), 0)?;
            let rows = self.copy_at_once(transaction, batch)?;
            self.notices.add(&mut self.encoder.notices);
            rejects.add(&[], rows)?;
            timeline::rows(rows);
            return Ok(Copied { rows, refused });
        }
        let (encoder, ends, out) = (&self.encoder, &self.ends, &self.out);
        let mut not_copied = Vec::new();
        let copied = copy_pieces(encoder, ends, out, transaction, &self.table, &mut |row, column, what| {
            not_copied.push(row);
            refused.push(batch.reject_of(self.rows[row], column, what));
            rejects.have_no_room_for(refused.len() + batch.rejects().len())
        })?;
        for row in not_copied {
            self.encoder.notices.drop_line(row as u64);
        }
        self.notices.add(&mut self.encoder.notices);
        rejects.add(&in_order(&refused), copied)?;
        timeline::rows(copied);
        Ok(Copied { rows: copied, refused })
    }

    /// Writes the rows of a batch into `self.out`; returns those that cannot be encoded.
    fn encode(&mut self, batch: &ValueBatch) -> Result<Vec<RejectedRow>> {
        self.encoder.forget_answers();
        loop {
            self.out.clear();
            self.rows.clear();
            self.ends.clear();
            self.encoder.notices.clear();
            let mut refused = Vec::new();
            let mut doubts = batch.doubts.iter().peekable();
            for number in 0..batch.rows() {
                let start = self.out.len();
                let pushed = self.encoder.push_row(batch.buffer(), batch.row(number), &mut self.out);
                let doubt = doubts.next_if(|doubt| doubt.row == number);
                while doubts.next_if(|doubt| doubt.row == number).is_some() {}
                match (pushed, doubt) {
                    (Ok(()), Some(doubt)) => {
                        self.out.truncate(start);
                        self.encoder.notices.drop_row();
                        let column = self.encoder.columns().get(doubt.column);
                        let column = column.map(|column| column.name.clone());
                        refused.push(batch.reject_of(number, column, doubt.what.clone()));
                    }
                    (Ok(()), None) => {
                        // A batch has no lines: a row is known by its place in `out`.
                        self.encoder.notices.place(self.rows.len() as u64);
                        self.rows.push(number);
                        self.ends.push(self.out.len());
                    }
                    (Err(fault), _) => {
                        self.encoder.notices.drop_row();
                        refused.push(batch.reject_of(number, fault.column, fault.what));
                    }
                }
            }
            if !self.encoder.has_questions() {
                return Ok(refused);
            }
            self.encoder.ask(&mut self.resolver)?;
        }
    }

    fn copy_at_once(&self, transaction: &mut Transaction<'_>, batch: &ValueBatch) -> Result<u64> {
        if self.rows.is_empty() {
            return Ok(0);
        }
        let (encoder, rows) = (&self.encoder, self.rows.len() as u64);
        let mut sink =
            CopySink::open(transaction, &self.table, encoder.columns(), encoder.row_format(), false)?;
        sink.write(encoder.header())?;
        sink.write(&self.out)?;
        sink.write(encoder.trailer())?;
        let CopyFailure { error, refusal } = match sink.finish(encoder.columns(), rows) {
            Ok(()) => return Ok(rows),
            Err(failure) => failure,
        };
        let Some(Refusal { row: Some(row), column, what }) = refusal else { return Err(error) };
        let row = usize::try_from(row).ok().and_then(|row| self.rows.get(row.checked_sub(1)?));
        Err(match row {
            Some(row) => {
                let reject = batch.reject_of(*row, column, what);
                Error::failed(&reject.reason).at(reject.place())
            }
            None => error,
        })
    }
}
