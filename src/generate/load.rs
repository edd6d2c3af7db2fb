//! Rows that are made, on their way into a table: by one COPY, or by one for each connection.

use super::chunks::{Chunks, buffer, in_order};
use crate::Result;
use crate::copy::encode::{CopyColumn, RowFormat, binary};
use crate::copy::send::sink::{CopyFailure, CopySink};
use crate::pg::ident::Qualified;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::run::workers::Workers;
use postgres::{Client, Transaction};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering};

/// Appends the rows of these numbers.
pub type Make<'m> = dyn Fn(Range<u64>, &mut Vec<u8>) -> Result<()> + Sync + 'm;

/// The rows of one table.
pub struct Load<'l> {
    /// The columns, in the order of a row's fields.
    pub columns: &'l [CopyColumn],
    /// The form of rows.
    pub format: RowFormat,
    /// The numbers of the rows.
    pub records: Range<u64>,
    /// Threads that make rows.
    pub workers: usize,
    /// Counts the rows, if that is shown.
    pub progress: Option<&'l Progress>,
    /// Appends the rows of these numbers.
    pub make: &'l Make<'l>,
}

impl Load<'_> {
    /// Sends all rows by one COPY of a transaction; returns the bytes that were sent.
    ///
    /// # Errors
    /// What the server reports, and which row it refuses; Ctrl-C.
    pub fn by_one_stream(
        &self,
        transaction: &mut Transaction<'_>,
        table: &Qualified,
        freeze: bool,
    ) -> Result<u64, CopyFailure> {
        let mut sink = self.open(transaction, table, freeze)?;
        let mut bytes = 0;
        in_order(self.workers, &self.records, self.make, |rows, records| {
            sink.write(rows)?;
            bytes += rows.len() as u64;
            self.advance(records);
            Ok(ControlFlow::Continue(()))
        })?;
        self.close(sink, self.records.end - self.records.start)?;
        interrupt::check()?;
        Ok(bytes)
    }

    /// Sends the rows by a COPY for each connection, each in a transaction of its own; returns the bytes that were sent.
    ///
    /// # Errors
    /// As [`Load::by_one_stream`]. Others may have committed then.
    pub fn by_many_streams(&self, clients: &mut [Client], table: &Qualified) -> Result<u64> {
        let chunks = Chunks::of(&self.records);
        let group = Workers::with_hook(|| chunks.stop());
        let bytes = AtomicU64::new(0);
        std::thread::scope(|scope| {
            let (group, bytes, chunks) = (&group, &bytes, &chunks);
            for (number, client) in clients.iter_mut().enumerate() {
                group.spawn(scope, format!("stream-{}", number + 1), move || {
                    let sent =
                        timeline::during(Step::Copy, table.name(), || self.stream(client, table, chunks))?;
                    bytes.fetch_add(sent, Ordering::Relaxed);
                    Ok(())
                });
            }
        });
        group.finish()?;
        Ok(bytes.into_inner())
    }

    fn stream(&self, client: &mut Client, table: &Qualified, chunks: &Chunks) -> Result<u64> {
        let mut transaction = client.transaction()?;
        let mut sink = self.open(&mut transaction, table, false)?;
        let (mut bytes, mut count) = (0, 0);
        let mut rows = buffer();
        while let Some(records) = chunks.take() {
            interrupt::check()?;
            rows.clear();
            count += records.end - records.start;
            (self.make)(records.clone(), &mut rows)?;
            sink.write(&rows)?;
            bytes += rows.len() as u64;
            self.advance(records.end - records.start);
        }
        self.close(sink, count).map_err(|failure| failure.error)?;
        transaction.commit()?;
        Ok(bytes)
    }

    fn advance(&self, rows: u64) {
        timeline::rows(rows);
        if let Some(progress) = self.progress {
            progress.advance(rows);
        }
    }

    fn open<'t, 'c: 't>(
        &self,
        transaction: &'t mut Transaction<'c>,
        table: &Qualified,
        freeze: bool,
    ) -> Result<CopySink<'t>> {
        let mut sink = CopySink::open(transaction, table, self.columns, self.format, freeze)?;
        if self.format == RowFormat::Binary {
            sink.write(&binary::HEADER)?;
        }
        Ok(sink)
    }

    fn close(&self, mut sink: CopySink<'_>, sent: u64) -> Result<(), CopyFailure> {
        if self.format == RowFormat::Binary {
            sink.write(&binary::TRAILER)?;
        }
        sink.finish(self.columns, sent)
    }
}
