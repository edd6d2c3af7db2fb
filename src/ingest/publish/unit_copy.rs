//! One COPY of a unit's rows: all of them, or those that one of several streams gets.

use crate::Result;
use crate::copy::encode::batch_encoder::BatchEncoder;
use crate::copy::encode::questions::resolver::Resolver;
use crate::copy::encode::{Encoder, RowFormat};
use crate::copy::figures::{Figures, Tally};
use crate::copy::input::batch::BatchSource;
use crate::copy::input::date_order::DateOrder;
use crate::copy::input::format::Format;
use crate::copy::notices::NoticeCounts;
use crate::copy::rejects::lines::Rejects;
use crate::copy::send::sink::CopySink;
use crate::copy::send::{careful, stream};
use crate::copy::verify::{Verification, Watch};
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::ingest::source::DataReader;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::report::progress::UnitProgress;
use crate::report::timeline::Step;
use postgres::{Client, Transaction};

/// What all streams of a unit share.
#[derive(Clone, Copy)]
pub struct UnitCopy<'u> {
    /// The unit whose rows they send.
    pub unit: &'u Unit,
    /// How the rows are read.
    pub settings: &'u Settings,
    /// The server that decides on values that no encoder knows.
    pub database: &'u Database,
    /// The table that takes the rows.
    pub table: &'u Qualified,
    /// Counts the bytes.
    pub progress: &'u UnitProgress,
    /// The rows that cannot be loaded.
    pub rejects: &'u Rejects,
    /// What is noted about the rows that are sent.
    pub notices: &'u NoticeCounts,
    /// Sums up what is sent, where it is compared with what the table holds.
    pub verification: Option<&'u Verification>,
    /// Figures of what is sent, for guards that ask for some.
    pub figures: Option<&'u Figures>,
}

impl UnitCopy<'_> {
    /// What follows when its rows are copied.
    pub fn step_after_copy(&self) -> Step {
        if self.verification.is_some() { Step::Verify } else { Step::Publish }
    }

    /// Opens the rows, and counts the header lines as done.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged.
    pub fn open(&self) -> Result<DataReader<'_>> {
        let reader = self.reopen()?;
        self.progress.advance(self.unit.header_bytes);
        Ok(reader)
    }

    fn reopen(&self) -> Result<DataReader<'_>> {
        let UnitCopy { unit, settings, .. } = self;
        unit.source.open(&unit.format, &settings.limits, unit.width())
    }

    /// Copies what `source` gives; returns the number of rows. For `freeze` see [`CopySink::open`].
    ///
    /// # Errors
    /// The first row that cannot be loaded or rejected; what the source or the server reports; Ctrl-C. Where
    /// [`Rejects::need_care`] then says so, [`UnitCopy::run_carefully`] gets further.
    pub fn run(
        &self,
        transaction: &mut Transaction<'_>,
        source: &mut dyn BatchSource,
        freeze: bool,
    ) -> Result<u64> {
        self.in_date_order(transaction, |transaction| self.send(transaction, source, freeze))
    }

    fn send(
        &self,
        transaction: &mut Transaction<'_>,
        source: &mut dyn BatchSource,
        freeze: bool,
    ) -> Result<u64> {
        let line_end = self.unit.header.line_end;
        let mut encoder = self.encoder();
        let connect = || self.connect_for_values();
        let mut resolver = Resolver::new(&connect);
        let mut watch = self.verification.map(|verification| verification.watch(&encoder, line_end));
        let mut tally = self.tally(&encoder);
        let mut sink =
            CopySink::open(transaction, self.table, encoder.columns(), encoder.row_format(), freeze)?;
        let batches = BatchEncoder::new(&mut encoder, &mut resolver, line_end, self.rejects.are_allowed())
            .noting(self.notices)
            .tallying(tally.as_mut());
        let advance = |bytes| self.progress.advance(bytes);
        let sent = stream::send_rows(source, batches, &mut sink, self.rejects, watch.as_mut(), &advance)?;
        stream::finish_rows(sink, &sent, &encoder, line_end, self.rejects, || self.reopen())?;
        self.add(watch, tally);
        Ok(sent.rows)
    }

    /// As [`UnitCopy::run`], without the rows that the server refuses.
    ///
    /// # Errors
    /// Too many rows that cannot be loaded; what the source or the server reports; Ctrl-C.
    pub fn run_carefully(
        &self,
        transaction: &mut Transaction<'_>,
        source: &mut dyn BatchSource,
    ) -> Result<u64> {
        let mut encoder = self.encoder();
        let connect = || self.connect_for_values();
        let mut resolver = Resolver::new(&connect);
        let line_end = self.unit.header.line_end;
        let mut watch = self.verification.map(|verification| verification.watch(&encoder, line_end));
        let mut tally = self.tally(&encoder);
        let batches = BatchEncoder::new(&mut encoder, &mut resolver, line_end, true)
            .noting(self.notices)
            .tallying(tally.as_mut());
        let advance = |bytes| self.progress.advance(bytes);
        let (rejects, table) = (self.rejects, self.table);
        let rows = self.in_date_order(transaction, |transaction| {
            careful::copy_carefully(source, batches, transaction, table, rejects, watch.as_mut(), &advance)
        })?;
        self.add(watch, tally);
        Ok(rows)
    }

    fn tally(&self, encoder: &Encoder) -> Option<Tally> {
        let is_binary = encoder.row_format() == RowFormat::Binary;
        self.figures.filter(|_| is_binary).map(Figures::tally)
    }

    /// Adds what was watched, which is in the table.
    fn add(&self, watch: Option<Watch>, tally: Option<Tally>) {
        if let (Some(figures), Some(tally)) = (self.figures, tally) {
            figures.add(&tally);
        }
        if let (Some(verification), Some(watch)) = (self.verification, watch) {
            verification.add(watch);
        }
    }

    fn encoder(&self) -> Encoder {
        let format = Format { kept: self.unit.kept.clone(), ..self.unit.format.clone() };
        Encoder::new(self.unit.columns.copied.clone(), format)
    }

    /// A connection that reads values as the COPY would.
    fn connect_for_values(&self) -> Result<Client> {
        let mut client = self.database.connect()?;
        if let Some(order) = self.unit.format.date_order {
            client.batch_execute(&format!("SET DateStyle = '{}'", order.date_style()))?;
        }
        Ok(client)
    }

    /// Lets `work` send rows that the server reads in the date order of the data file. What follows them, such as triggers of
    /// others, reads as ever.
    fn in_date_order<T>(
        &self,
        transaction: &mut Transaction<'_>,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let Some(order) = self.unit.format.date_order else { return work(transaction) };
        let set = |order: DateOrder| format!("SET LOCAL DateStyle = '{}'", order.date_style());
        transaction.batch_execute(&set(order))?;
        let done = work(transaction)?;
        transaction.batch_execute(&set(DateOrder::Mdy))?;
        Ok(done)
    }
}
