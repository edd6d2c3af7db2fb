//! A row as Redis has it, a JSON list of values, and what a row says about the types of its columns.

use super::cache::pages::Page;
use super::types::learn::Learnt;
use crate::copy::values::json::Json;
use serde::Deserializer;
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::ops::Range;

/// The id of a row is its first column, the index.
pub const INDEX: usize = 0;

/// The values of one row at a time. The next row uses the same memory.
#[derive(Debug, Default)]
pub struct RowValues {
    values: Vec<Value>,
    /// The texts of strings that have escapes, without them.
    unescaped: String,
}

/// A value: its range in the row, or in [`RowValues::unescaped`].
#[derive(Debug, Clone)]
struct Value {
    kind: Kind,
    range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    Bool(bool),
    Number,
    /// A string without escapes, which stands in the row as it is.
    Plain,
    /// A string with escapes.
    Unescaped,
    Compound,
}

impl RowValues {
    /// Reads a row.
    ///
    /// # Errors
    /// What is wrong with the row, in words.
    pub fn read(&mut self, row: &[u8]) -> Result<(), String> {
        self.values.clear();
        self.unescaped.clear();
        let text = std::str::from_utf8(row).map_err(|_| "row is not UTF-8".to_owned())?;
        let mut json = serde_json::Deserializer::from_str(text);
        let elements = Elements { text, values: &mut self.values };
        elements.deserialize(&mut json).and_then(|()| json.end()).map_err(|error| broken(text, &error))?;
        for value in self.values.iter_mut().filter(|value| value.kind == Kind::Unescaped) {
            let start = self.unescaped.len();
            let string: String =
                serde_json::from_str(&text[value.range.clone()]).map_err(|error| broken(text, &error))?;
            self.unescaped.push_str(&string);
            value.range = start..self.unescaped.len();
        }
        Ok(())
    }

    /// The values of `row`, which must be the row that was read last.
    pub fn values<'v>(&'v self, row: &'v [u8]) -> impl ExactSizeIterator<Item = Json<'v>> {
        // It was read, so it is UTF-8.
        let text = std::str::from_utf8(row).unwrap_or_default();
        self.values.iter().map(move |value| {
            let range = value.range.clone();
            match value.kind {
                Kind::Null => Json::Null,
                Kind::Bool(bool) => Json::Bool(bool),
                Kind::Number => Json::Number(&text[range]),
                Kind::Plain => Json::String(&text[range]),
                Kind::Unescaped => Json::String(&self.unescaped[range]),
                Kind::Compound => Json::Compound(&text[range]),
            }
        })
    }
}

/// Learns from the rows of a page.
pub fn see_page(learnt: &mut Learnt, page: &Page) {
    let mut values = RowValues::default();
    for (id, row) in page.rows() {
        let read = values.read(row);
        see_row(learnt, id, read.is_ok().then(|| values.values(row)));
    }
}

/// Learns from one row, whose `values` are none if it cannot be read. A row that cannot be loaded says nothing about types.
pub fn see_row<'v>(
    learnt: &mut Learnt,
    id: &'v [u8],
    values: Option<impl ExactSizeIterator<Item = Json<'v>>>,
) {
    let (Ok(id), Some(values)) = (std::str::from_utf8(id), values) else { return };
    if values.len() + 1 != learnt.width() {
        return;
    }
    learnt.see_id(id);
    for (column, value) in values.enumerate() {
        learnt.see(INDEX + 1 + column, value);
    }
}

fn broken(text: &str, error: &serde_json::Error) -> String {
    match text.trim_start().starts_with('[') {
        true => format!("row is broken JSON: {error}"),
        false => "row is no JSON list of values".to_owned(),
    }
}

/// Reads the elements of a list as ranges of the text.
struct Elements<'v, 't> {
    text: &'t str,
    values: &'v mut Vec<Value>,
}

impl<'t> DeserializeSeed<'t> for Elements<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'t> Visitor<'t> for Elements<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element::<&'t RawValue>()? {
            let raw = element.get();
            // The element is a part of the text.
            let start = raw.as_ptr() as usize - self.text.as_ptr() as usize;
            let whole = start..start + raw.len();
            let (kind, range) = match raw.as_bytes() {
                [b'"', ..] if memchr::memchr(b'\\', raw.as_bytes()).is_some() => (Kind::Unescaped, whole),
                [b'"', ..] => (Kind::Plain, start + 1..whole.end - 1),
                [b'{' | b'[', ..] => (Kind::Compound, whole),
                [b't', ..] => (Kind::Bool(true), whole),
                [b'f', ..] => (Kind::Bool(false), whole),
                [b'n', ..] => (Kind::Null, whole),
                _ => (Kind::Number, whole),
            };
            self.values.push(Value { kind, range });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value() {
        let row = br#" [null, true, false, -1.50e3, "plain", "a\"b\u00e9\ud83d\ude00", {"a": [1]}, [ ], "\u0000"] "#;
        let mut values = RowValues::default();
        values.read(row).unwrap();
        let got: Vec<Json<'_>> = values.values(row).collect();
        assert_eq!(
            got,
            [
                Json::Null,
                Json::Bool(true),
                Json::Bool(false),
                Json::Number("-1.50e3"),
                Json::String("plain"),
                Json::String("a\"bé😀"),
                Json::Compound(r#"{"a": [1]}"#),
                Json::Compound("[ ]"),
                Json::String("\0"),
            ]
        );
        values.read(b"[]").unwrap();
        assert_eq!(values.values(b"[]").len(), 0);
    }

    #[test]
    fn what_is_not_a_list_is_an_error() {
        for (row, why) in [
            (&b"{\"a\": 1}"[..], "no JSON list"),
            (b"", "no JSON list"),
            (b"7", "no JSON list"),
            (b"[1, 2", "broken JSON: EOF"),
            (b"[1] 2", "broken JSON: trailing"),
            (b"[NaN]", "broken JSON: expected value"),
            (b"[\"\\ud800\"]", "broken JSON"),
            (b"[\"a\nb\"]", "broken JSON: control character"),
            (b"[\"\xff\"]", "not UTF-8"),
        ] {
            let error = RowValues::default().read(row).unwrap_err();
            assert!(error.contains(why), "{row:?}: {error}");
        }
    }
}
