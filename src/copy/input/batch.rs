//! Cutting the input into batches that end at a row boundary.
//!
//! Whether a line end is a row boundary depends on the quotes and escapes before it. Where there are none, the last line end
//! is the boundary, and only bytes are counted here. The stream that takes a batch finds the fields.

use super::format::{EscapeKind, Format, LineEnd};
use super::line_end::LineCount;
use super::scan::Boundaries;
use super::token::Token;
use crate::config::Size;
use crate::error::Hint;
use crate::{Error, Place, Result};
use memchr::memchr_iter;
use std::io::{ErrorKind, Read};

/// Input read at a time, bytes: large enough for the cost per batch to vanish, small enough to stay in the second-level
/// cache.
pub const BATCH_BYTES: usize = 256 << 10;

/// The longest row unless another limit is asked for, bytes. A quote that is never closed takes the rest of the file into
/// its row; the limit bounds the memory for such a row.
pub const ROW_BYTES: usize = 64 << 20;

/// The least limit on rows, bytes: rows that fit into a batch are not measured.
pub const MIN_ROW_BYTES: usize = BATCH_BYTES;

/// The largest limit on rows, bytes: a longer text cannot be searched for the ends of its fields.
pub const MAX_ROW_BYTES: usize = 512 << 20;

/// Where in a data file something begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Line, counted from 1; the header is line 1. Line ends inside quotes count.
    pub line: u64,
    /// Byte offset from the start of the (decoded) data file.
    pub offset: u64,
}

/// Whole rows, and where they come from.
#[derive(Debug)]
pub struct Batch {
    /// Where the first row begins.
    pub origin: Origin,
    /// The rows, with their line ends; the last row of a file may lack it.
    pub bytes: Vec<u8>,
}

impl Batch {
    /// Room for a batch and the bytes that were read beyond it.
    pub const CAPACITY: usize = 2 * BATCH_BYTES;

    /// An empty batch, which [`BatchSource::next_into`] fills again and again.
    pub fn new() -> Self {
        Batch { origin: Origin { line: 0, offset: 0 }, bytes: Vec::with_capacity(Self::CAPACITY) }
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives batches to a stream.
pub trait BatchSource {
    /// Fills `batch` with the next rows; `false` behind the last ones.
    ///
    /// # Errors
    /// What the source reports.
    fn next_into(&mut self, batch: &mut Batch) -> Result<bool>;
}

/// Reads batches from the data after the header line.
pub struct BatchReader<R> {
    input: R,
    boundaries: Boundaries,
    count: LineCount,
    next: Origin,
    /// The bytes that were read beyond the last row boundary.
    rest: Vec<u8>,
    at_end: bool,
    batch_bytes: usize,
    row_bytes: usize,
    line_end: Token,
    /// Whether a line end may be a character of a value outside quotes.
    escapes_line_ends: bool,
    drops_blank_end: bool,
}

impl<R: Read> BatchReader<R> {
    /// Reads from `rest`, the bytes that were read together with the header, and then from `input`. The first row begins at
    /// `origin`.
    pub fn new(input: R, rest: Vec<u8>, format: &Format, line_end: LineEnd, origin: Origin) -> Self {
        BatchReader {
            input,
            boundaries: Boundaries::new(format, line_end),
            count: line_end.count(),
            next: origin,
            rest,
            at_end: false,
            batch_bytes: BATCH_BYTES,
            row_bytes: ROW_BYTES,
            line_end: line_end.token(),
            escapes_line_ends: format.escape.is_some_and(|escape| escape.kind == EscapeKind::OfAll),
            drops_blank_end: false,
        }
    }

    /// Drops empty lines at the end of the input, which are no rows of several columns.
    pub fn without_blank_end(self) -> Self {
        BatchReader { drops_blank_end: true, ..self }
    }

    /// Allows rows of so many bytes without the line end, from [`MIN_ROW_BYTES`] to [`MAX_ROW_BYTES`], in place of [`ROW_BYTES`].
    pub fn with_max_row(self, row_bytes: usize) -> Self {
        BatchReader { row_bytes, ..self }
    }

    /// Reads so many bytes at a time.
    #[cfg(test)]
    pub fn cutting_at(self, batch_bytes: usize) -> Self {
        BatchReader { batch_bytes, ..self }
    }

    /// Whether these bytes, which begin with a row, end with an empty line, if no line end in them is within a value.
    fn is_blank_end(&self, bytes: &[u8]) -> bool {
        let line_end = self.line_end.bytes();
        let before = bytes.strip_suffix(line_end);
        before.is_some_and(|before| before.is_empty() || before.ends_with(line_end))
    }

    /// Drops the empty lines at the end of the last batch, of which so many bytes were searched for boundaries before.
    fn drop_blank_end(&mut self, bytes: &mut Vec<u8>, searched: usize) {
        if !self.drops_blank_end || !self.is_blank_end(bytes) {
            return;
        }
        // Else a quote is open, or the line end is a character of a value.
        if self.boundaries.last(bytes, searched) == Some(bytes.len()) {
            while self.is_blank_end(bytes) {
                bytes.truncate(bytes.len() - self.line_end.len());
            }
        }
    }

    /// The end of whole rows without the empty lines at their end: if the input ends with more of them, all are to be seen together.
    fn before_blank_lines(&self, rows: &[u8]) -> usize {
        let mut end = rows.len();
        // One that is escaped would be taken for an empty line.
        while self.drops_blank_end && !self.escapes_line_ends && self.is_blank_end(&rows[..end]) {
            end -= self.line_end.len();
        }
        // A batch of nothing else is one: there may be no end of them.
        if end == 0 { rows.len() } else { end }
    }

    /// Reads until `bytes` holds at least `target` bytes or the input ends.
    fn fill(&mut self, bytes: &mut Vec<u8>, target: usize) -> Result<()> {
        if self.at_end || bytes.len() >= target {
            return Ok(());
        }
        // Room for all of it at once: an inflater that gives little at a time takes a quarter longer, since it saves its
        // window each time.
        let mut filled = bytes.len();
        bytes.resize(target, 0);
        while filled < target {
            match self.input.read(&mut bytes[filled..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(filled);
        Ok(())
    }
}

impl<R: Read> BatchSource for BatchReader<R> {
    /// # Errors
    /// What the input reports; a row that is too long, with the line where it begins.
    fn next_into(&mut self, batch: &mut Batch) -> Result<bool> {
        batch.origin = self.next;
        batch.bytes.clear();
        batch.bytes.append(&mut self.rest);
        self.boundaries.restart();
        let (mut searched, mut held_back) = (0, 0);
        loop {
            // One byte more than a row may have is its line end, or shows that the row is too long.
            self.fill(&mut batch.bytes, (searched + self.batch_bytes).min(self.row_bytes + 1))?;
            if self.at_end {
                self.drop_blank_end(&mut batch.bytes, searched);
                break;
            }
            if let Some(boundary) = self.boundaries.last(&batch.bytes, searched) {
                let end = self.before_blank_lines(&batch.bytes[..boundary]);
                held_back = (boundary - end) / self.line_end.len();
                self.rest.extend_from_slice(&batch.bytes[end..]);
                batch.bytes.truncate(end);
                break;
            }
            searched = batch.bytes.len();
            if searched > self.row_bytes {
                let allowed = Size(self.row_bytes as u64);
                return Err(Error::failed(format!("row is longer than {allowed}"))
                    .at(Place::default().line(self.next.line))
                    .hint(Hint::MaxRow));
            }
        }
        self.next.line += match self.count {
            LineCount::Bytes(byte) => count(byte, &batch.bytes) as u64,
            LineCount::Rows => self.boundaries.rows().saturating_sub(held_back as u64),
        };
        self.next.offset += batch.bytes.len() as u64;
        Ok(!batch.bytes.is_empty())
    }
}

fn count(byte: u8, bytes: &[u8]) -> usize {
    memchr_iter(byte, bytes).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::input::format::{Quotes, Spelling};
    use proptest::prelude::*;

    fn batches(data: &[u8], batch_bytes: usize, line_end: LineEnd) -> Vec<(Origin, Vec<u8>)> {
        let format = Format { quotes: Quotes::Copy, ..Format::default() };
        let start = Origin { line: 2, offset: 10 };
        let mut reader = BatchReader::new(data, Vec::new(), &format, line_end, start).cutting_at(batch_bytes);
        let (mut batch, mut all) = (Batch::new(), Vec::new());
        while reader.next_into(&mut batch).unwrap() {
            all.push((batch.origin, batch.bytes.clone()));
        }
        all
    }

    #[test]
    fn a_batch_ends_at_the_last_line_end_outside_quotes() {
        let got = batches(b"a|`x\ny`|b\nc|d\ne|f\n", 12, LineEnd::Lf);
        let texts: Vec<&str> = got.iter().map(|(_, bytes)| std::str::from_utf8(bytes).unwrap()).collect();
        assert_eq!(texts, ["a|`x\ny`|b\n", "c|d\ne|f\n"]);
        assert_eq!(got[1].0, Origin { line: 4, offset: 20 });
    }

    #[test]
    fn an_escaped_line_end_at_the_end_is_no_empty_line() {
        let outfile = Spelling { separator: "\t", escape: "\\", line_end: "\n", ..Spelling::default() };
        let format = outfile.format().unwrap();
        for (data, rows) in [
            (&b"a\\\n\n\n"[..], &b"a\\\n"[..]),
            (b"a\\\n\\\n", b"a\\\n\\\n"),
            (b"a\n\\\n\n", b"a\n\\\n"),
            (b"\n\n", b""),
        ] {
            let line_end = format.said_line_end().unwrap();
            let reader = BatchReader::new(data, Vec::new(), &format, line_end, Origin { line: 1, offset: 0 });
            let mut reader = reader.without_blank_end();
            let mut batch = Batch::new();
            assert_eq!(reader.next_into(&mut batch).unwrap(), !rows.is_empty(), "{data:?}");
            assert_eq!(batch.bytes, rows, "{data:?}");
        }
    }

    #[test]
    fn a_row_longer_than_a_batch_stays_whole() {
        let got = batches(b"`aaaaaaaaaaaaaaaa\naaaaaaaaaa`\nb\nc\n", 3, LineEnd::Lf);
        assert_eq!(got[0].1, b"`aaaaaaaaaaaaaaaa\naaaaaaaaaa`\n");
        assert_eq!(got[1].1, b"b\n");
        assert_eq!(got[1].0.line, 4);
    }

    #[test]
    fn an_endless_row_is_refused_with_its_first_line() {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        let input = (&b"a\n`"[..]).chain(std::io::repeat(b'x'));
        let start = Origin { line: 2, offset: 0 };
        let mut reader = BatchReader::new(input, Vec::new(), &format, LineEnd::Lf, start);
        let mut batch = Batch::new();
        assert!(reader.next_into(&mut batch).unwrap());
        let error = reader.next_into(&mut batch).unwrap_err().to_string();
        assert!(error.starts_with("line 3: row is longer than 64 MiB"), "{error}");
    }

    #[test]
    fn a_row_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        let start = Origin { line: 2, offset: 0 };
        for (length, fits) in [(MIN_ROW_BYTES, true), (MIN_ROW_BYTES + 1, false)] {
            for before in [0, 1000] {
                let mut data = b"1\n".repeat(before);
                data.extend(std::iter::repeat_n(b'x', length));
                data.extend(b"\n2\n");
                let reader = BatchReader::new(&data[..], Vec::new(), &format, LineEnd::Lf, start);
                let mut reader = reader.with_max_row(MIN_ROW_BYTES);
                let (mut batch, mut read) = (Batch::new(), 0);
                let outcome = loop {
                    match reader.next_into(&mut batch) {
                        Ok(true) => read += batch.bytes.len(),
                        Ok(false) => break Ok(()),
                        Err(error) => break Err(error.to_string()),
                    }
                };
                assert_eq!(
                    (outcome.is_ok(), fits),
                    (fits, read == data.len()),
                    "{length} {before} {outcome:?}"
                );
            }
        }
    }

    proptest! {
        /// With any batch size, the empty lines at the end are dropped, if no quote is open, and nothing else.
        #[test]
        fn empty_lines_at_the_end_are_dropped(data in "([a|`]{1,5}\n){0,9}\n{0,5}", batch_bytes in 8usize..30) {
            let format = Format { quotes: Quotes::Copy, ..Format::default() };
            let start = Origin { line: 2, offset: 0 };
            let reader = BatchReader::new(data.as_bytes(), Vec::new(), &format, LineEnd::Lf, start);
            let mut reader = reader.cutting_at(batch_bytes).without_blank_end();
            let (mut batch, mut got) = (Batch::new(), Vec::new());
            while reader.next_into(&mut batch).unwrap() {
                prop_assert_eq!(batch.origin.line, 2 + count(b'\n', &got) as u64);
                got.extend_from_slice(&batch.bytes);
            }
            let rows = data.trim_end_matches('\n');
            let expected = match (count(b'`', data.as_bytes()) % 2, rows.is_empty()) {
                (0, true) => String::new(),
                (0, false) => format!("{rows}\n"),
                _ => data.clone(),
            };
            prop_assert_eq!(String::from_utf8(got).unwrap(), expected);
        }

        /// With any batch size, the batches are the input, and each but the last ends at a boundary.
        #[test]
        fn nothing_is_lost_and_no_row_is_torn(data in "[a`\n|\r]{0,60}", batch_bytes in 1usize..20) {
            let got = batches(data.as_bytes(), batch_bytes, LineEnd::Lf);
            let joined: Vec<u8> = got.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
            prop_assert_eq!(&joined, data.as_bytes());
            let mut before = 0;
            for (origin, bytes) in &got {
                prop_assert_eq!(origin.offset, 10 + before as u64);
                prop_assert_eq!(origin.line, 2 + count(b'\n', &joined[..before]) as u64);
                prop_assert_eq!(count(b'`', &joined[..before]) % 2, 0);
                prop_assert!(before == 0 || joined[before - 1] == b'\n');
                before += bytes.len();
            }
        }
    }
}
