//! Rows in COPY's text format (PostgreSQL documentation, COPY, "Text Format"): fields separated by tabs, `\N` for NULL, and
//! every value in the form that the server's own input function reads. Tables with a column whose type has no encoder get
//! their rows this way.

use super::column::CopyColumn;
use super::escape;
use super::fault::BadValue;
use super::notices::{Notice, Notices};
use super::null_if::NullIf;
use super::reading;
use super::signs;
use super::value::{Respell, is_text, respelling};
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;

/// Writes rows for one table.
#[derive(Debug)]
pub struct TextRows {
    columns: Vec<Column>,
    scratch: Vec<u8>,
    respelled: Vec<u8>,
}

#[derive(Debug)]
struct Column {
    type_name: String,
    null_if: NullIf,
    is_text: bool,
    /// What rewrites the values that its type's input function does not read.
    respell: Option<Respell>,
}

impl TextRows {
    /// Writes values for columns of these types.
    pub fn new(columns: &[CopyColumn]) -> Self {
        let column = |column: &CopyColumn| Column {
            type_name: column.type_name.clone(),
            null_if: column.null_if.clone(),
            is_text: is_text(&column.type_name),
            respell: respelling(&column.type_name),
        };
        TextRows { columns: columns.iter().map(column).collect(), scratch: Vec::new(), respelled: Vec::new() }
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
        notices: &mut Notices,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, BadValue)> {
        for (index, (field, column)) in fields.iter().zip(&self.columns).enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if field.is_null(batch, format) {
                out.extend_from_slice(b"\\N");
                continue;
            }
            if notices.may_have_escapes && column.is_text && signs::is_escaped(field.raw(batch), format) {
                notices.add(Notice::Escape, index);
            }
            let (value, is_usual) = field.value_and_form(batch, format.quote, &mut self.scratch);
            if let Some(notice) = reading::sign(batch, field, is_usual, column.is_text, format) {
                notices.add(notice, index);
            }
            if column.null_if.matches(value) {
                notices.add(Notice::Nulled, index);
                out.extend_from_slice(b"\\N");
                continue;
            }
            if let Some(notice) = reading::notice(&column.type_name, value, format) {
                notices.add(notice, index);
            }
            self.respelled.clear();
            let is_respelled = column.respell.is_some_and(|respell| respell(value, &mut self.respelled));
            let value = if is_respelled { &self.respelled } else { value };
            escape::push(out, value, format.charset).map_err(|fault| (index, fault))?;
        }
        out.push(b'\n');
        Ok(())
    }
}
