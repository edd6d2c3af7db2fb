//! Outputs of the filter for rows, as rows.

use crate::copy::values::batch::{ValueBatch, ValueColumns};
use crate::error::shortened;
use crate::fetch::json::tree::{Node, Tree};
use crate::fetch::json::{kind_of, push as push_value, text_of};
use jaq_json::Val;

/// How much of a key is shown (characters).
const SHOWN_CHARS: usize = 200;

/// Makes a row of an output: an array has the values in the order of the columns, an object has them by name.
pub fn push(batch: &mut ValueBatch, columns: &ValueColumns, row: &Val, scratch: &mut String) {
    let pushed = match row {
        Val::Arr(values) => values.iter().try_for_each(|value| push_value(batch, value, scratch)),
        Val::Obj(object) => {
            let is_column = |key: &Val| {
                text_of(key).is_some_and(|key| columns.columns().iter().any(|column| column.name == key))
            };
            match object.keys().find(|key| !is_column(key)) {
                Some(key) => {
                    let key = text_of(key).unwrap_or_default();
                    Err(format!("row has {}, which is none of the columns", shortened(key, SHOWN_CHARS)))
                }
                None => columns.columns().iter().try_for_each(|column| {
                    let value = object.get(&Val::utf8_str(column.name.clone()));
                    push_value(batch, value.unwrap_or(&Val::Null), scratch)
                }),
            }
        }
        other => Err(format!("row is {}, neither an array nor an object", kind_of(other))),
    };
    match pushed {
        Ok(()) => batch.end_row(),
        Err(what) => batch.reject_row(what),
    }
}

/// As [`push`]; false for a row that is odd, and not pushed.
pub fn push_node(
    batch: &mut ValueBatch,
    columns: &ValueColumns,
    tree: &Tree<'_>,
    row: Node,
    scratch: &mut String,
) -> bool {
    match row {
        Node::Arr(span) => {
            tree.elements(span).iter().for_each(|value| tree.push_value(batch, *value, scratch));
        }
        Node::Obj(span) => {
            let columns = columns.columns();
            if !tree.members(span).all(|(key, _)| columns.iter().any(|column| column.name == key)) {
                return false;
            }
            for column in columns {
                let value = tree.get(span, &column.name).unwrap_or(Node::Null);
                tree.push_value(batch, value, scratch);
            }
        }
        _ => return false,
    }
    batch.end_row();
    true
}
