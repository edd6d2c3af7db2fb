//! Batches of rows whose values are separated already: what an API, a cache or another database gives, unlike the
//! lines of a data file.
//!
//! The values of all rows stand in one buffer, so that a batch is two allocations, however many rows it has. They are
//! UTF-8 by their type; what a column makes of them is decided when they are encoded ([`super::copy`]).

use super::json::{Json, JsonForm, push_json, texts_as_json};
use crate::copy::encode::CopyColumn;
use crate::copy::encode::types::character::is_plain;
use crate::copy::input::batch::BATCH_BYTES;
use crate::copy::input::charset::Charset;
use crate::copy::input::format::Format;
use crate::copy::input::rows::FieldSpan;
use crate::copy::rejects::rejected_row::RejectedRow;
use std::sync::Arc;

/// What stands for NULL: no text of ours can be equal to it, since it is no UTF-8.
const NULL: &[u8] = b"\xFF";

/// A batch of this size is worth a COPY of its own, bytes.
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
    columns: ValueColumns,
    bytes: Vec<u8>,
    fields: Vec<FieldSpan>,
    /// Where the fields of the row that is being built begin.
    row: usize,
    sources: Vec<Source>,
    /// The column whose value names a row, besides the number.
    named_by: Option<usize>,
    rejects: Vec<RejectedRow>,
}

/// What rows come from: a request, a replica.
#[derive(Debug)]
struct Source {
    first_row: usize,
    name: Arc<str>,
    /// Orders the sources of a run, for the files of rejects.
    order: u64,
    /// The number of rows of this source before, of which some may have been rejected.
    rows_before: u64,
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
        }
    }

    /// The rows that follow come from `name`, `order` of all sources; `rows_before` of it are in other batches.
    pub fn begin_source(&mut self, name: Arc<str>, order: u64, rows_before: u64) {
        let first_row = self.rows();
        self.sources.push(Source { first_row, name, order, rows_before });
    }

    /// Whole rows.
    pub fn rows(&self) -> usize {
        self.row.checked_div(self.width()).unwrap_or(0)
    }

    /// Bytes of all values.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is time to copy it.
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
    }

    /// Forgets all rows, for others; keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(2 * FULL_BYTES);
        self.fields.clear();
        self.row = 0;
        self.sources.clear();
        self.rejects.clear();
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

    fn push_field(&mut self, plain: bool, push: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        push(&mut self.bytes);
        self.fields.push(FieldSpan { start, end: self.bytes.len(), quoted: false, plain });
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

    /// The row, as far as there is any, cannot be loaded for this `reason`.
    pub fn reject_row(&mut self, reason: String) {
        let fields = self.row..self.fields.len();
        let values = texts_as_json(self.texts(fields));
        self.reject_text(reason, None, None, values);
    }

    /// As [`ValueBatch::reject_row`], for a row that never came to values: `json` is what there is of it, as JSON.
    pub fn reject_text(
        &mut self,
        reason: String,
        column: Option<String>,
        value: Option<String>,
        json: String,
    ) {
        let named =
            self.named_by.and_then(|column| self.texts(self.row + column..self.row + column + 1).next()?);
        let named = named.map(|name| String::from_utf8_lossy(name).into_owned());
        let row = self.rows();
        self.fields.truncate(self.row);
        let reject = self.rejected(row, named, column, value, reason, json);
        self.rejects.push(reject);
    }

    /// The rejects that were found when the rows were made.
    pub fn rejects(&self) -> &[RejectedRow] {
        &self.rejects
    }

    /// The values of a whole row.
    pub(super) fn row(&self, row: usize) -> &[FieldSpan] {
        &self.fields[row * self.width()..][..self.width()]
    }

    /// The buffer that fields are of.
    pub(super) fn buffer(&self) -> &[u8] {
        &self.bytes
    }

    /// A row that was found to be wrong when it was encoded, or by the server.
    pub(super) fn reject_of(&self, row: usize, column: Option<String>, reason: String) -> RejectedRow {
        let fields = row * self.width()..(row + 1) * self.width();
        let number = column
            .as_ref()
            .and_then(|name| self.columns.columns.iter().position(|candidate| candidate.name == *name));
        let text = |number: usize| {
            let field = fields.start + number;
            Some(String::from_utf8_lossy(self.texts(field..field + 1).next()??).into_owned())
        };
        let (value, named) = (number.and_then(text), self.named_by.and_then(text));
        self.rejected(row, named, column, value, reason, texts_as_json(self.texts(fields)))
    }

    /// A reject at the place of `row`, which may be behind the last one.
    fn rejected(
        &self,
        row: usize,
        named: Option<String>,
        column: Option<String>,
        value: Option<String>,
        reason: String,
        values: String,
    ) -> RejectedRow {
        let source = self.sources.iter().rev().find(|source| source.first_row <= row);
        RejectedRow {
            order: source.map_or(0, |source| source.order),
            source: source.map_or_else(|| "".into(), |source| source.name.clone()),
            row: match (&named, source) {
                (None, Some(source)) => Some(self.number_of(source, row)),
                _ => None,
            },
            named,
            column,
            value,
            reason,
            values,
        }
    }

    /// The number of a row in its source, counted from 1, with those that never came to values: they are counted where they
    /// stood, as far as that is known.
    fn number_of(&self, source: &Source, row: usize) -> u64 {
        let place = (row - source.first_row) as u64;
        let number = source.rows_before + place + 1;
        let rejected_before = self.rejects.iter().filter(|reject| reject.source == source.name);
        rejected_before.fold(number, |number, reject| match reject.row {
            Some(rejected) if rejected <= number => number + 1,
            _ => number,
        })
    }

    fn texts(&self, fields: std::ops::Range<usize>) -> impl Iterator<Item = Option<&[u8]>> {
        let fields = self.fields.get(fields).unwrap_or_default();
        fields.iter().map(|field| Some(field.raw(&self.bytes)).filter(|text| *text != NULL))
    }

    fn width(&self) -> usize {
        self.columns.columns.len()
    }
}

/// How the values of a batch stand in its buffer: as texts without quotes.
pub(super) fn format() -> Format {
    Format { separator: 0, quote: 0, null: NULL.to_vec(), charset: Charset::Utf8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(types: &[&str], named_by: Option<usize>) -> ValueBatch {
        let columns: Vec<CopyColumn> = types
            .iter()
            .enumerate()
            .map(|(number, type_name)| CopyColumn {
                name: format!("c{number}"),
                type_name: (*type_name).into(),
            })
            .collect();
        ValueBatch::new(&ValueColumns::new(&columns), named_by)
    }

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

    #[test]
    fn a_row_of_another_width_is_a_reject_with_its_number() {
        let mut batch = batch(&["text", "text"], None);
        batch.begin_source("request 1".into(), 1, 10);
        for width in [2, 1, 2, 3, 2] {
            (0..width).for_each(|_| batch.push_text("x"));
            batch.end_row();
        }
        assert_eq!(batch.rows(), 3);
        let rejects: Vec<_> = batch
            .rejects()
            .iter()
            .map(|reject| (reject.row, reject.reason.as_str(), reject.values.as_str()))
            .collect();
        assert_eq!(
            rejects,
            [
                (Some(12), "row has 1 values for 2 columns: nothing for column c1", "[\"x\"]"),
                (Some(14), "row has 3 values for 2 columns", "[\"x\",\"x\",\"x\"]")
            ]
        );
        // The third one that is whole is the fifth of all.
        assert_eq!(batch.reject_of(2, Some("c0".into()), "bad".into()).row, Some(15));
        assert_eq!(batch.reject_of(1, Some("c0".into()), "bad".into()).row, Some(13));
    }

    #[test]
    fn a_batch_that_was_absorbed_keeps_its_sources_and_numbers() {
        let mut all = batch(&["text"], None);
        for (name, rows_before) in [("request 1", 0), ("request 1, page 2", 2)] {
            let mut one = batch(&["text"], None);
            one.begin_source(name.into(), 1, rows_before);
            one.push_text(name);
            one.end_row();
            one.reject_row("bad".into());
            one.push_text("last");
            one.end_row();
            all.absorb(&one);
        }
        assert_eq!((all.rows(), all.rejects().len()), (4, 2));
        let place = |row| {
            let reject = all.reject_of(row, None, String::new());
            (reject.source.to_string(), reject.row, reject.values)
        };
        assert_eq!(place(1), ("request 1".into(), Some(3), "[\"last\"]".into()));
        assert_eq!(place(2), ("request 1, page 2".into(), Some(3), "[\"request 1, page 2\"]".into()));
        assert_eq!(place(3), ("request 1, page 2".into(), Some(5), "[\"last\"]".into()));
    }

    #[test]
    fn rows_without_an_order_are_named_by_a_value() {
        let mut batch = batch(&["text", "integer"], Some(0));
        batch.begin_source("users".into(), 0, 0);
        batch.push_text("id-7");
        batch.push_text("x");
        batch.end_row();
        batch.push_text("id-8");
        batch.end_row();
        let refused = batch.reject_of(0, Some("c1".into()), "no number".into());
        assert_eq!((refused.named.as_deref(), refused.value.as_deref()), (Some("id-7"), Some("x")));
        assert_eq!(batch.rejects()[0].named.as_deref(), Some("id-8"));
    }
}
