//! Rows in COPY's text format (PostgreSQL documentation, COPY, "Text Format"): fields separated by tabs, `\N` for NULL, and
//! every value in the form that the server's own input function reads. Tables with a column whose type has no encoder get
//! their rows this way.

use super::column::CopyColumn;
use super::escape;
use super::fault::BadValue;
use super::value::{Respell, respelling};
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;

/// Writes rows for one table.
#[derive(Debug)]
pub struct TextRows {
    /// Of each column: what rewrites the values that its type's input function does not read.
    respellings: Vec<Option<Respell>>,
    scratch: Vec<u8>,
}

impl TextRows {
    /// Writes values for columns of these types.
    pub fn new(columns: &[CopyColumn]) -> Self {
        let respellings = columns.iter().map(|column| respelling(&column.type_name)).collect();
        TextRows { respellings, scratch: Vec::new() }
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
    ) -> Result<(), (usize, BadValue)> {
        for (index, (field, respell)) in fields.iter().zip(&self.respellings).enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if field.is_null(batch, format) {
                out.extend_from_slice(b"\\N");
                continue;
            }
            let value = field.value(batch, format.quote, &mut self.scratch);
            match respell.and_then(|respell| respell(value)) {
                None => escape::push(out, value, format.charset),
                Some((start, rest)) => escape::push(out, start.as_bytes(), format.charset)
                    .and_then(|()| escape::push(out, rest, format.charset)),
            }
            .map_err(|fault| (index, fault))?;
        }
        out.push(b'\n');
        Ok(())
    }
}
