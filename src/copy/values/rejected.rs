//! Rejected rows of a batch of separated values: what they are called, by a number or by a value.

use super::batch::{Source, ValueBatch};
use super::json::texts_as_json;
use crate::copy::rejects::rejected_row::RejectedRow;

impl ValueBatch {
    /// Rejects the row that is being built, with the values that it has so far.
    pub fn reject_row(&mut self, reason: String) {
        let fields = self.row..self.fields.len();
        let values = texts_as_json(self.texts(fields));
        self.reject_text(reason, None, None, values);
    }

    /// Rejects a row that could not be taken apart into values; `json` is the row as JSON.
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
        self.doubts.retain(|doubt| doubt.row < row);
        self.fields.truncate(self.row);
        let reject = self.rejected(row, named, column, value, reason, json);
        self.rejects.push(reject);
    }

    /// The rejects that were found when the rows were made.
    pub fn rejects(&self) -> &[RejectedRow] {
        &self.rejects
    }

    /// The reject of a whole row that an encoder or the server refuses.
    pub(super) fn reject_of(&self, row: usize, column: Option<String>, reason: String) -> RejectedRow {
        let fields = row * self.width()..(row + 1) * self.width();
        let number = column
            .as_ref()
            .and_then(|name| self.columns.columns().iter().position(|candidate| candidate.name == *name));
        let text = |number: usize| {
            let field = fields.start + number;
            Some(String::from_utf8_lossy(self.texts(field..field + 1).next()??).into_owned())
        };
        let (value, named) = (number.and_then(text), self.named_by.and_then(text));
        self.rejected(row, named, column, value, reason, texts_as_json(self.texts(fields)))
    }

    /// A reject at the place of `row`, which may be the one behind the last whole row.
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

    /// The number of a row in its source, counted from 1. Rows that were rejected before count, too.
    fn number_of(&self, source: &Source, row: usize) -> u64 {
        let place = (row - source.first_row) as u64;
        let number = source.rows_before + place + 1;
        let rejected_before = self.rejects.iter().filter(|reject| reject.source == source.name);
        rejected_before.fold(number, |number, reject| match reject.row {
            Some(rejected) if rejected <= number => number + 1,
            _ => number,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::samples::batch;
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
