//! A sample of the rows, whose values go to the server once more, as text: the server's own input functions must make the same
//! of them as the encoders.

use super::digest::Digest;
use super::gathered::Gathered;
use super::mistake::Mistake;
use crate::Result;
use crate::copy::encode::batch_encoder::{BatchEncoder, EncodedRow};
use crate::copy::encode::binary::first_row;
use crate::copy::encode::questions::resolver::Resolver;
use crate::copy::encode::{CopyColumn, Encoder};
use crate::copy::input::batch::Batch;
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::LineEnd;
use crate::copy::input::rows::Rows;
use crate::error::shortened;

/// The first so many rows of a stream are in the sample, and then one in [`EVERY`]. That is a prime number: of several kinds
/// of rows that take turns, each gets into the sample.
const FIRST: u64 = 500;
const EVERY: u64 = 97;
/// The longest row in the sample, bytes. Long rows are long by their texts, and encoders hardly change texts.
const LONGEST_ROW: usize = 16 << 10;
/// So many rows, or bytes, are a question to the server.
const ROWS_AT_ONCE: usize = 2_000;
const BYTES_AT_ONCE: usize = 256 << 10;
/// How much of a value is shown, characters.
const SHOWN_CHARS: usize = 100;

/// The sample of one stream.
#[derive(Debug)]
pub struct Sample {
    /// Asks the server about every value.
    encoder: Encoder,
    line_end: LineEnd,
    seen: u64,
    gathered: Gathered,
    /// The rows as they were sent.
    sent: Vec<u8>,
}

impl Sample {
    /// No row yet. Rows are encoded by `encoder`.
    pub fn new(encoder: &Encoder, line_end: LineEnd) -> Self {
        let encoder = Encoder::asking(encoder.columns().to_vec(), encoder.format().clone(), |_| true);
        Sample { encoder, line_end, seen: 0, gathered: Gathered::new(), sent: Vec::new() }
    }

    /// Takes a row of `batch`, which was sent as `encoded`, into the sample if its turn has come.
    #[inline]
    pub fn offer(&mut self, batch: &Batch, row: &EncodedRow, encoded: &[u8]) {
        let number = self.seen;
        self.seen += 1;
        if (number < FIRST || number.is_multiple_of(EVERY)) && row.row.len() <= LONGEST_ROW {
            self.gathered.push(batch, row);
            self.sent.extend_from_slice(encoded);
        }
    }

    /// Whether it is time to ask.
    pub fn is_full(&self) -> bool {
        self.gathered.rows() >= ROWS_AT_ONCE || self.gathered.batch().bytes.len() >= BYTES_AT_ONCE
    }

    /// Asks the server about the rows of the sample, and forgets them. Returns the first difference, by the forms of `forms`.
    ///
    /// # Errors
    /// A lost connection.
    pub fn ask(&mut self, resolver: &mut Resolver<'_>, forms: &Digest) -> Result<Option<Mistake>> {
        let mut read = Vec::with_capacity(self.sent.len());
        let mut asking = BatchEncoder::new(&mut self.encoder, resolver, self.line_end, true);
        asking.push(self.gathered.batch(), &mut read, &mut |_| {})?;
        let refused = asking.rejects().first();
        let refused = refused.map(|one| Mistake::of_refused(self.gathered.line_of(one.origin), one));
        let mistake = refused.or_else(|| self.first_difference(&read, forms));
        self.gathered.clear();
        self.sent.clear();
        Ok(mistake)
    }

    fn first_difference(&self, read: &[u8], forms: &Digest) -> Option<Mistake> {
        let mut rows = Rows::new(self.gathered.batch(), self.encoder.format(), self.line_end);
        let mut spans = Vec::new();
        let (mut sent, mut read) = (self.sent.as_slice(), read);
        // Both were encoded from the same rows, and none was refused.
        while let (Some((sent_fields, sent_behind)), Some((read_fields, read_behind))) =
            (first_row(sent), first_row(read))
        {
            let origin = rows.next_row(&mut spans).ok()??;
            for (index, (sent, read)) in sent_fields.zip(read_fields).enumerate() {
                let column = &self.encoder.columns()[index];
                if !forms.are_equal(index, sent, read) && !self.is_of_the_moment(column, spans[index]) {
                    return Some(Mistake {
                        line: self.gathered.line_of(origin),
                        column: Some(column.name.clone()),
                        value: Some(self.text(spans[index])),
                        what: Mistake::of_fields(sent, read),
                    });
                }
            }
            (sent, read) = (sent_behind, read_behind);
        }
        None
    }

    /// Whether the meaning of a value may change from one question to the next, as that of `now`. No encoder knows such a value.
    fn is_of_the_moment(&self, column: &CopyColumn, span: FieldSpan) -> bool {
        let is_time = ["date", "time"].iter().any(|start| column.type_name.starts_with(start));
        is_time && !self.with_value(span, |value, charset| column.knows(value, charset))
    }

    fn text(&self, span: FieldSpan) -> String {
        self.with_value(span, |value, charset| {
            shortened(&charset.decode(value).unwrap_or_default(), SHOWN_CHARS)
        })
    }

    fn with_value<T>(&self, span: FieldSpan, work: impl FnOnce(&[u8], Charset) -> T) -> T {
        let (format, mut scratch) = (self.encoder.format(), Vec::new());
        work(span.value(&self.gathered.batch().bytes, format, &mut scratch), format.charset)
    }
}
