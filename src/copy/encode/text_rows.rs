//! Rows in COPY's text format (PostgreSQL documentation, COPY, "Text Format"): fields separated by tabs, `\N` for NULL, and
//! every value in the form that the server's own input function reads. For tables with a column whose type has no
//! encoder of its own.

use super::{CopyColumn, escape, hex_text};
use crate::copy::input::format::Format;
use crate::copy::input::rows::FieldSpan;

/// How the values of one column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextEncoder {
    /// The value's text; the server's input function decides what it means.
    Plain,
    /// `0x…` becomes bytea's hex form; any other text is left to the server.
    Bytea,
}

/// Writes rows for one table.
#[derive(Debug)]
pub struct TextRows {
    encoders: Vec<TextEncoder>,
    scratch: Vec<u8>,
}

impl TextRows {
    /// Chooses an encoder for each column.
    pub fn new(columns: &[CopyColumn]) -> Self {
        let encoders = columns
            .iter()
            .map(|column| match column.type_name.as_str() {
                "bytea" => TextEncoder::Bytea,
                _ => TextEncoder::Plain,
            })
            .collect();
        TextRows { encoders, scratch: Vec::new() }
    }

    /// Appends one row of as many fields as there are columns.
    ///
    /// # Errors
    /// The number of the column whose value is not valid, and why. `out` then holds a part of the row.
    pub fn push(
        &mut self,
        batch: &[u8],
        fields: &[FieldSpan],
        format: &Format,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, String)> {
        for (index, (field, encoder)) in fields.iter().zip(&self.encoders).enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if field.is_null(batch, format) {
                out.extend_from_slice(b"\\N");
                continue;
            }
            let value = field.value(batch, format.quote, &mut self.scratch);
            match encoder {
                TextEncoder::Plain => escape::push(out, value, format.charset),
                TextEncoder::Bytea => hex_text::push(out, value, format.charset),
            }
            .map_err(|what| (index, what))?;
        }
        out.push(b'\n');
        Ok(())
    }
}
