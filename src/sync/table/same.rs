//! What makes values the same, for merges, comparisons and deletes alike: their texts.
//!
//! A type's `=` may hold for values of different texts: `1.5` and `1.50`, `-0` and `0`, `citext`, blanks of `char`, collations
//! that are not deterministic. Some types have no `=`. Where `=` holds for equal texts alone, it is used, since it is faster; the
//! catalog says so for each column ([`ShapeColumn::by_text`]). The text is what the type's output function writes: a cast to text
//! may write another one (`char`, `inet`).

use super::shape::{Shape, ShapeColumn};
use crate::pg::ident::quote;

/// The condition that a row `left` and a row `right` have different values in one of the columns; none without columns.
pub fn differ<'c>(columns: impl Iterator<Item = &'c ShapeColumn>, left: &str, right: &str) -> Option<String> {
    let (by_text, others): (Vec<_>, Vec<_>) = columns.partition(|column| column.by_text);
    let different = |column: &&ShapeColumn| {
        let name = quote(&column.name);
        format!("{left}.{name} IS DISTINCT FROM {right}.{name}")
    };
    let mut conditions: Vec<String> = others.iter().map(different).collect();
    if !by_text.is_empty() {
        let text =
            |row: &str| row_text(by_text.iter().map(|column| format!("{row}.{}", quote(&column.name))));
        conditions.push(format!("{} <> {}", text(left), text(right)));
    }
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
}

/// Several values as one text, which tells NULL from an empty value.
fn row_text(values: impl Iterator<Item = String>) -> String {
    format!("ROW({})::text COLLATE \"C\"", values.collect::<Vec<_>>().join(", "))
}

/// A 64-bit hash of the columns' texts. Every version of the server computes it alike, and with `any_encoding` every encoding,
/// too.
pub fn hash<'c>(columns: impl Iterator<Item = &'c ShapeColumn>, any_encoding: bool) -> String {
    let text = row_text(columns.map(|column| quote(&column.name)));
    match any_encoding {
        true => format!("hashtextextended(encode(convert_to({text}, 'UTF8'), 'hex'), 0)"),
        false => format!("hashtextextended({text}, 0)"),
    }
}

/// The text of a value that is not NULL; `row` is the prefix of its name.
pub fn text(column: &ShapeColumn, row: &str) -> String {
    let name = quote(&column.name);
    match column.by_text {
        true => format!("concat({row}{name}) COLLATE \"C\""),
        false => format!("{row}{name}::text"),
    }
}

/// The columns of the key, in its order.
pub fn key_columns<'s>(shape: &'s Shape, key: &'s [String]) -> impl Iterator<Item = &'s ShapeColumn> {
    key.iter().filter_map(|name| shape.column(name))
}

/// The condition that the key of `row` is equal, by its types, to the values of `other`, expressions of the key's types: what an
/// index on the key can find.
pub fn key_equals(
    shape: &Shape,
    key: &[String],
    row: &str,
    other: impl Fn(usize, &ShapeColumn) -> String,
) -> String {
    let equal = |(number, column): (usize, &ShapeColumn)| {
        format!("{row}.{} {} {}", quote(&column.name), column.comparison("="), other(number, column))
    };
    key_columns(shape, key).enumerate().map(equal).collect::<Vec<_>>().join(" AND ")
}
