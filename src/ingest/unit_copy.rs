//! One COPY of a unit's rows: all of them, or what one of several streams gets.

use super::settings::Settings;
use super::unit::Unit;
use crate::Result;
use crate::copy::batch::BatchSource;
use crate::copy::encode::Encoder;
use crate::copy::resolve::Resolver;
use crate::copy::sink::CopySink;
use crate::copy::stream;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::report::progress::UnitProgress;
use postgres::Transaction;

/// What the streams of a unit have in common.
pub struct UnitCopy<'u> {
    /// Whose rows they send.
    pub unit: &'u Unit,
    /// How the rows are read.
    pub settings: &'u Settings,
    /// Where values are asked about that no encoder knows.
    pub database: &'u Database,
    /// The table that takes the rows.
    pub table: &'u Qualified,
    /// Is told the bytes.
    pub progress: &'u UnitProgress,
}

impl UnitCopy<'_> {
    /// Copies what `source` gives; returns the number of rows. For `freeze` see [`CopySink::open`].
    ///
    /// # Errors
    /// The first row that cannot be loaded; what the source or the server reports; Ctrl-C.
    pub fn run(
        &self,
        transaction: &mut Transaction<'_>,
        source: &mut dyn BatchSource,
        freeze: bool,
    ) -> Result<u64> {
        let UnitCopy { unit, settings, database, table, progress } = *self;
        let line_end = unit.file.header.line_end;
        let mut encoder = Encoder::new(unit.copy_columns.clone(), settings.format.clone());
        let connect = || database.connect();
        let mut resolver = Resolver::new(&connect);
        let mut sink = CopySink::open(transaction, table, encoder.columns(), encoder.row_format(), freeze)?;
        let advance = |bytes| progress.advance(bytes);
        let sent = stream::send_rows(source, line_end, &mut encoder, &mut resolver, &mut sink, &advance)?;
        stream::finish_rows(sink, &sent, &encoder, line_end, || unit.file.open(settings))?;
        Ok(sent.rows)
    }
}
