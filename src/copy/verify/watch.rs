//! The rows of one stream, summed up while they are sent.

use super::digest::Digest;
use super::gathered::Gathered;
use super::mistake::Mistake;
use super::sample::Sample;
use crate::Result;
use crate::copy::encode::batch_encoder::{BatchEncoder, EncodedRow, collect_into};
use crate::copy::encode::questions::resolver::Resolver;
use crate::copy::encode::{CopyColumn, Encoder, RowFormat};
use crate::copy::input::batch::Batch;
use crate::copy::input::format::LineEnd;

/// The server does not give this type back as it was sent: it sorts keys, and drops blanks.
const JSONB: &str = "jsonb";

/// Rows of one batch that go to the server.
#[derive(Debug, Clone, Copy)]
pub struct SentRows<'b> {
    /// The batch that has them.
    pub batch: &'b Batch,
    /// Consecutive rows of the batch.
    pub rows: &'b [EncodedRow],
    /// All encoded rows of the batch.
    pub out: &'b [u8],
    /// Where these rows begin in `out`.
    pub start: usize,
}

/// Sums up the rows that one stream sends.
#[derive(Debug)]
pub struct Watch {
    digest: Digest,
    second: Option<Second>,
    sample: Option<Sample>,
    mistake: Option<Mistake>,
}

impl Watch {
    /// No row was sent yet. Rows are encoded by `encoder`; `digest` is empty.
    pub fn new(digest: Digest, encoder: &Encoder, line_end: LineEnd) -> Self {
        let of_jsonb = |column: &CopyColumn| column.type_name == JSONB;
        let binary = encoder.row_format() == RowFormat::Binary;
        let once = binary && !encoder.columns().iter().any(of_jsonb);
        let second = || Second {
            encoder: Encoder::asking(encoder.columns().to_vec(), encoder.format().clone(), of_jsonb),
            line_end,
            gathered: Gathered::new(),
            rows: Vec::new(),
            out: Vec::new(),
        };
        Watch {
            digest,
            second: (!once).then(second),
            // The server itself reads every value of rows that go out as text.
            sample: binary.then(|| Sample::new(encoder, line_end)),
            mistake: None,
        }
    }

    /// Adds rows that go to the server. If the digest needs the server's reading of some values, it asks for them.
    ///
    /// # Errors
    /// A lost connection.
    pub fn add(&mut self, sent: SentRows<'_>, resolver: &mut Resolver<'_>) -> Result<()> {
        let Watch { digest, second, sample, mistake } = self;
        let encoded = match second {
            None => sent,
            Some(second) => second.encode(sent, resolver, mistake)?,
        };
        let SentRows { batch, rows, out, start } = encoded;
        let end = rows.last().map_or(start, |row| row.end);
        digest.add(&out[start..end]);
        let Some(sample) = sample else { return Ok(()) };
        let mut before = start;
        for row in rows {
            sample.offer(batch, row, &out[before..row.end]);
            before = row.end;
        }
        if sample.is_full() { self.ask(resolver) } else { Ok(()) }
    }

    /// Asks about the rest of the sample, when all rows of the stream were sent.
    ///
    /// # Errors
    /// A lost connection.
    pub fn finish(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        self.ask(resolver)
    }

    /// The digest of all rows, and the first mistake that the sample has shown.
    pub fn outcome(self) -> (Digest, Option<Mistake>) {
        (self.digest, self.mistake)
    }

    fn ask(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        if let Some(sample) = &mut self.sample {
            let found = sample.ask(resolver, &self.digest)?;
            self.mistake = self.mistake.take().or(found);
        }
        Ok(())
    }
}

/// Encodes rows once more if they cannot be compared as they are sent: rows that go out as text, and rows with `jsonb`.
#[derive(Debug)]
struct Second {
    encoder: Encoder,
    line_end: LineEnd,
    gathered: Gathered,
    rows: Vec<EncodedRow>,
    out: Vec<u8>,
}

impl Second {
    /// The same rows in binary form, without those that PostgreSQL refuses.
    fn encode(
        &mut self,
        sent: SentRows<'_>,
        resolver: &mut Resolver<'_>,
        mistake: &mut Option<Mistake>,
    ) -> Result<SentRows<'_>> {
        let Second { encoder, line_end, gathered, rows, out } = self;
        gathered.clear();
        rows.clear();
        out.clear();
        for row in sent.rows {
            gathered.push(sent.batch, row);
        }
        let mut again = BatchEncoder::new(encoder, resolver, *line_end, true);
        again.push(gathered.batch(), out, &mut collect_into(rows))?;
        if let (None, Some(refused)) = (&mistake, again.rejects().first()) {
            *mistake = Some(Mistake::of_refused(gathered.line_of(refused.origin), refused));
        }
        for row in rows.iter_mut() {
            row.origin.line = gathered.line_of(row.origin);
        }
        Ok(SentRows { batch: gathered.batch(), rows, out, start: 0 })
    }
}
