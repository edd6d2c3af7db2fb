//! What one stream sends, as it is sent.

use super::digest::Digest;
use super::gathered::Gathered;
use super::mistake::Mistake;
use super::sample::Sample;
use crate::Result;
use crate::copy::encode::batch_encoder::{BatchEncoder, EncodedRow, collect_into};
use crate::copy::encode::resolve::Resolver;
use crate::copy::encode::{CopyColumn, Encoder, RowFormat};
use crate::copy::input::batch::Batch;
use crate::copy::input::format::LineEnd;

/// The type whose sent form is not the one that the server gives back: it sorts keys, and lets go of blanks.
const JSONB: &str = "jsonb";

/// Rows of one batch that go to the server.
#[derive(Debug, Clone, Copy)]
pub struct SentRows<'b> {
    /// Where they were.
    pub batch: &'b Batch,
    /// Some of its rows, one behind the other.
    pub rows: &'b [EncodedRow],
    /// What all rows of the batch were encoded to.
    pub out: &'b [u8],
    /// Where these begin in it.
    pub start: usize,
}

/// Sums up what one stream sends.
#[derive(Debug)]
pub struct Watch {
    digest: Digest,
    second: Option<Second>,
    sample: Option<Sample>,
    mistake: Option<Mistake>,
}

impl Watch {
    /// Nothing was sent yet of what `encoder` encodes; `digest` is empty.
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
            // Of text, it is the server itself that reads every value.
            sample: binary.then(|| Sample::new(encoder, line_end)),
            mistake: None,
        }
    }

    /// These rows go to the server, which is asked what is needed to know what it must make of them.
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

    /// All rows of this stream were sent: the rest of the sample is asked about.
    ///
    /// # Errors
    /// A lost connection.
    pub fn finish(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        self.ask(resolver)
    }

    /// What it has come to.
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

/// Encodes rows once more, where what is sent is not what can be compared: rows that go out as text, and `jsonb`.
#[derive(Debug)]
struct Second {
    encoder: Encoder,
    line_end: LineEnd,
    gathered: Gathered,
    rows: Vec<EncodedRow>,
    out: Vec<u8>,
}

impl Second {
    /// The same rows in binary form. Those that PostgreSQL refuses are missing.
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
