//! Batches of rows whose values are separated already: rows of an API, a cache or another database, unlike the lines of a
//! data file.
//!
//! The values of all rows stand in one buffer: a batch is two allocations, however many rows it has. Values are UTF-8 by
//! their type; what a column makes of them is decided when they are encoded ([`super::copy`]).

use super::json::{Json, JsonForm, push_json};
use crate::copy::encode::CopyColumn;
use crate::copy::encode::types::character::is_plain;
use crate::copy::input::batch::BATCH_BYTES;
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::rejects::rejected_row::RejectedRow;
use std::sync::Arc;

/// Stands for NULL. No text can be equal to it, since it is no UTF-8.
const NULL: &[u8] = b"\xFF";

/// A batch of so many bytes is worth a COPY of its own.
pub const FULL_BYTES: usize = 4 * BATCH_BYTES;

/// The columns that rows are made for, and what each makes of JSON.
#[derive(Debug, Clone)]
pub struct ValueColumns {
    columns: Arc<[CopyColumn]>,
    forms: Arc<[JsonForm]>,
}

/// Rows, and where they come from.
#[derive(Debug)]
pub struct ValueBatch {
    pub(super) columns: ValueColumns,
    bytes: Vec<u8>,
    pub(super) fields: Vec<FieldSpan>,
    /// Where the fields of the row that is being built begin.
    pub(super) row: usize,
    pub(super) sources: Vec<Source>,
    /// The column whose value names a row, besides the number.
    pub(super) named_by: Option<usize>,
    pub(super) rejects: Vec<RejectedRow>,
    /// In the order of their rows.
    pub(super) doubts: Vec<Doubt>,
}

/// What is wrong with a value of a whole row, unless the server or an encoder refuses the row anyway.
#[derive(Debug, Clone)]
pub(super) struct Doubt {
    pub row: usize,
    pub column: usize,
    pub what: String,
}

/// A request, a replica: where rows come from.
#[derive(Debug)]
pub(super) struct Source {
    pub first_row: usize,
    pub name: Arc<str>,
    /// Orders the sources of a run, for the files of rejects.
    pub order: u64,
    /// Rows of this source in earlier batches, rejected ones included.
    pub rows_before: u64,
}

impl ValueColumns {
    /// Of these columns.
    pub fn new(columns: &[CopyColumn]) -> Self {
        let forms = columns.iter().map(|column| JsonForm::of_type(&column.type_name)).collect();
        ValueColumns { columns: columns.into(), forms }
    }

    /// The columns, in the order of the values.
    pub fn columns(&self) -> &[CopyColumn] {
        &self.columns
    }
}

impl ValueBatch {
    /// No rows yet. Rejects are named by the column of the number `named_by`, where rows of a source have no order.
    pub fn new(columns: &ValueColumns, named_by: Option<usize>) -> Self {
        ValueBatch {
            columns: columns.clone(),
            bytes: Vec::new(),
            fields: Vec::new(),
            row: 0,
            sources: Vec::new(),
            named_by,
            rejects: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// The rows that follow come from the source `name`, whose place among all sources is `order`. Earlier batches have
    /// `rows_before` rows of it.
    pub fn begin_source(&mut self, name: Arc<str>, order: u64, rows_before: u64) {
        let first_row = self.rows();
        self.sources.push(Source { first_row, name, order, rows_before });
    }

    /// The number of whole rows.
    pub fn rows(&self) -> usize {
        self.row.checked_div(self.width()).unwrap_or(0)
    }

    /// Bytes of all values together.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is large enough to be copied.
    pub fn is_full(&self) -> bool {
        self.bytes.len() + self.fields.len() * size_of::<FieldSpan>() >= FULL_BYTES
    }

    /// Adds all rows and rejects of another batch, of the same columns.
    pub fn absorb(&mut self, other: &ValueBatch) {
        let (shift, rows) = (self.bytes.len(), self.rows());
        self.bytes.extend_from_slice(&other.bytes);
        let moved =
            |field: &FieldSpan| FieldSpan { start: field.start + shift, end: field.end + shift, ..*field };
        self.fields.extend(other.fields[..other.row].iter().map(moved));
        self.row = self.fields.len();
        for source in &other.sources {
            let (first_row, name) = (source.first_row + rows, Arc::clone(&source.name));
            self.sources.push(Source { first_row, name, ..*source });
        }
        self.rejects.extend_from_slice(&other.rejects);
        let moved = |doubt: &Doubt| Doubt { row: doubt.row + rows, ..doubt.clone() };
        self.doubts.extend(other.doubts.iter().map(moved));
    }

    /// Forgets all rows, for others; keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(2 * FULL_BYTES);
        self.fields.clear();
        self.row = 0;
        self.sources.clear();
        self.rejects.clear();
        self.doubts.clear();
    }

    /// The next value of the row is NULL.
    pub fn push_null(&mut self) {
        self.push_field(false, |out| out.extend_from_slice(NULL));
    }

    /// The next value of the row, as the column's input function reads it.
    pub fn push_text(&mut self, text: &str) {
        self.push_field(is_plain(text.as_bytes()), |out| out.extend_from_slice(text.as_bytes()));
    }

    /// The next value of the row, which is JSON; `null` is NULL.
    pub fn push_json(&mut self, value: Json<'_>) {
        let form = self.columns.forms.get(self.fields.len() - self.row).copied().unwrap_or(JsonForm::Text);
        match value {
            Json::Null => self.push_null(),
            Json::String(text) if form == JsonForm::Text => self.push_text(text),
            value => self.push_field(false, |out| push_json(out, value, form)),
        }
    }

    /// The row that is being built is a reject, even if its column of this number takes the value that comes next.
    pub fn doubt(&mut self, column: usize, what: String) {
        self.doubts.push(Doubt { row: self.rows(), column, what });
    }

    fn push_field(&mut self, plain: bool, push: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        push(&mut self.bytes);
        self.fields.push(FieldSpan { start, end: self.bytes.len(), odd: false, plain });
    }

    /// The row is complete. One with too few or too many values becomes a reject.
    pub fn end_row(&mut self) {
        let (found, width) = (self.fields.len() - self.row, self.width());
        if found == width {
            self.row = self.fields.len();
            return;
        }
        let reason = match self.columns.columns.get(found) {
            Some(missing) => {
                format!("row has {found} values for {width} columns: nothing for column {}", missing.name)
            }
            None => format!("row has {found} values for {width} columns"),
        };
        self.reject_row(reason);
    }

    /// The values of a whole row.
    pub(super) fn row(&self, row: usize) -> &[FieldSpan] {
        &self.fields[row * self.width()..][..self.width()]
    }

    /// The buffer that fields are of.
    pub(super) fn buffer(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn texts(&self, fields: std::ops::Range<usize>) -> impl Iterator<Item = Option<&[u8]>> {
        let fields = self.fields.get(fields).unwrap_or_default();
        fields.iter().map(|field| Some(field.raw(&self.bytes)).filter(|text| *text != NULL))
    }

    pub(super) fn width(&self) -> usize {
        self.columns.columns.len()
    }
}

/// How the values of a batch stand in its buffer: as texts without quotes.
pub(super) fn format() -> Format {
    Format { quote: None, null: NULL.to_vec(), charset: Charset::Utf8, ..Format::default() }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// An empty batch of columns `c0`, `c1` and so on.
    pub fn batch(types: &[&str], named_by: Option<usize>) -> ValueBatch {
        let columns: Vec<CopyColumn> = types
            .iter()
            .enumerate()
            .map(|(number, type_name)| CopyColumn::new(format!("c{number}"), *type_name))
            .collect();
        ValueBatch::new(&ValueColumns::new(&columns), named_by)
    }
}

#[cfg(test)]
mod tests {
    use super::samples::batch;
    use super::*;

    #[test]
    fn rows_keep_their_values_and_null_is_no_text() {
        let mut batch = batch(&["text", "jsonb"], None);
        batch.begin_source("request 1".into(), 1, 0);
        batch.push_json(Json::String("a"));
        batch.push_json(Json::String("b"));
        batch.end_row();
        batch.push_null();
        batch.push_json(Json::Null);
        batch.end_row();
        batch.push_text("");
        batch.push_text("1");
        batch.end_row();
        assert_eq!(batch.rows(), 3);
        let texts: Vec<Option<&[u8]>> = batch.texts(0..6).collect();
        assert_eq!(texts, [Some(&b"a"[..]), Some(b"\"b\""), None, None, Some(b""), Some(b"1")]);
        batch.clear();
        assert_eq!((batch.rows(), batch.bytes()), (0, 0));
    }
}
