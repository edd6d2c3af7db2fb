//! A sample as text: decoded, cut behind its last line, and its rows by a format.

use crate::copy::input::batch::Batch;
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::input::header::read_header;
use crate::copy::input::rows::{Extent, Rows};
use std::io::Read;

/// A row that goes on to the end of the sample may be a good one that was cut off, if it is no longer than this, bytes.
const CUT_ROW_BYTES: usize = 64 << 10;

/// Rows that are none, behind which no more are looked for.
const MOST_BROKEN: u64 = 100;

/// The text of a sample.
pub struct SampleText {
    /// How comments call the data file.
    pub label: String,
    /// Its bytes, as the reader of rows gets them.
    pub bytes: Vec<u8>,
    /// Whether it is all of the data file.
    pub is_whole: bool,
    /// The names of the descriptor's columns.
    pub names: Option<Vec<String>>,
}

/// What is seen of one row.
pub enum Seen<'r> {
    /// Its line, the bytes of its batch, and its fields.
    Row(u64, &'r [u8], &'r [FieldSpan]),
    /// So many lines that are no rows.
    Broken(u64),
}

impl SampleText {
    /// The text of these bytes.
    pub fn new(label: &str, bytes: &[u8], is_whole: bool, charset: Charset) -> SampleText {
        let mut text = Vec::new();
        let mut reader = charset.reader(bytes);
        // Reading from memory does not fail.
        let _ = reader.read_to_end(&mut text);
        if !is_whole && let Some(end) = text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
            text.truncate(end + 1);
        }
        SampleText { label: label.to_owned(), bytes: text, is_whole, names: None }
    }

    /// The first bytes of it, up to a line end.
    pub fn beginning(&self, most: usize) -> SampleText {
        let end = match self.bytes.get(..most) {
            Some(first) => {
                first.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(most, |at| at + 1)
            }
            None => self.bytes.len(),
        };
        SampleText {
            label: self.label.clone(),
            bytes: self.bytes[..end].to_vec(),
            is_whole: self.is_whole && end == self.bytes.len(),
            names: self.names.clone(),
        }
    }

    /// All rows, the header included, as the load would find them. The format must have no header.
    ///
    /// It ends after [`MOST_BROKEN`] rows that are none: looking on behind each costs more than behind a good one.
    pub fn rows(&self, format: &Format, mut see: impl FnMut(Seen<'_>)) {
        let mut input = self.bytes.as_slice();
        let Ok((header, mut bytes)) = read_header(&mut input, format, usize::MAX) else {
            return see(Seen::Broken(1));
        };
        bytes.extend_from_slice(input);
        let batch = Batch { origin: header.data_origin, bytes };
        let mut rows = Rows::new(&batch, format, header.line_end);
        let (mut fields, mut broken) = (Vec::new(), 0);
        loop {
            match rows.next_row(&mut fields) {
                Ok(None) => return,
                Ok(Some(origin)) => see(Seen::Row(origin.line, &batch.bytes, &fields)),
                Err(fault) if fault.extent == Extent::Line && broken < MOST_BROKEN => {
                    broken += 1;
                    see(Seen::Broken(1));
                }
                Err(fault) => {
                    let rest = &batch.bytes[rows.position()..];
                    if self.is_whole || rest.len() > CUT_ROW_BYTES || fault.extent == Extent::Line {
                        see(Seen::Broken(rest.iter().filter(|byte| **byte == b'\n').count().max(1) as u64));
                    }
                    return;
                }
            }
        }
    }
}
