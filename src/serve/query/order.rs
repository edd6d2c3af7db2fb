//! The order of a list, and where in it a list begins.

use super::address::{Pair, take_one};
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Relation, Table, VERSION_TABLE};
use serde_json::Value;

/// A column to order by.
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    column: String,
    descending: bool,
}

/// `a,-b`: by `a`, then by `b` with the largest first. The key comes last, which makes the order complete.
///
/// # Errors
/// A column that the table lacks, or that stands there twice.
pub fn take(pairs: &mut Vec<Pair>, table: &Table, relation: &Relation) -> Result<Vec<Order>, Problem> {
    let text = take_one(pairs, "order")?;
    let mut order: Vec<Order> = Vec::new();
    for word in text.iter().flat_map(|text| text.split(',')) {
        let (column, descending) = match (relation.column(word), word.strip_prefix('-')) {
            (None, Some(column)) => (column, true),
            _ => (word, false),
        };
        if relation.column(column).is_none() {
            return Err(
                Problem::bad("order", format!("there is no column {column:?} to order by")).unknown_name()
            );
        }
        if order.iter().any(|earlier| earlier.column == column) {
            return Err(Problem::bad("order", format!("column {column:?} stands here twice")));
        }
        order.push(Order { column: column.to_owned(), descending });
    }
    for column in &table.settings.key {
        if order.iter().all(|earlier| earlier.column != *column) {
            order.push(Order { column: column.clone(), descending: false });
        }
    }
    Ok(order)
}

/// What stands behind `ORDER BY`.
pub fn clause(order: &[Order], relation: &Relation) -> String {
    let mut parts: Vec<String> = order
        .iter()
        .map(|part| format!("t.{}{}", quote(&part.column), if part.descending { " DESC" } else { "" }))
        .collect();
    if relation.is_mother {
        parts.push("t.tableoid".to_owned());
    }
    parts.join(", ")
}

/// Rows after the row with these values in the columns of the order. NULL comes last, or first in a descending order.
///
/// # Errors
/// Another number of values than the order has.
pub fn keyset(
    statement: &mut Statement,
    table: &Table,
    relation: &Relation,
    order: &[Order],
    after: &str,
) -> Result<String, Problem> {
    let values = after_values(after, order.len() + usize::from(relation.is_mother))?;
    let mut condition = match relation.is_mother {
        false => "false".to_owned(),
        true => {
            let version = values.last().and_then(Option::as_deref).unwrap_or_default();
            let Some(version) = known_version(table, version) else {
                return Err(Problem::bad("after", format!("the last value is the row's {VERSION_TABLE}")));
            };
            format!("t.tableoid > to_regclass({})::oid", statement.value(version))
        }
    };
    // From the last column to the first: after the row in this column, or equal in it and after the row in the next columns.
    for (part, value) in order.iter().zip(&values).rev() {
        let name = format!("t.{}", quote(&part.column));
        let nullable = relation.column(&part.column).is_some_and(|column| !column.not_null);
        let Some(value) = value else {
            let beyond = if part.descending { format!("{name} IS NOT NULL OR ") } else { String::new() };
            condition = format!("({beyond}{name} IS NULL AND {condition})");
            continue;
        };
        let value = statement.value_of(&part.column, value);
        let nulls = if nullable && !part.descending { format!(" OR {name} IS NULL") } else { String::new() };
        let sign = relation.comparison(&part.column, if part.descending { "<" } else { ">" });
        let equals = relation.comparison(&part.column, "=");
        condition = match condition.as_str() {
            "false" => format!("({name} {sign} {value}{nulls})"),
            rest => format!("({name} {sign} {value}{nulls} OR {name} {equals} {value} AND {rest})"),
        };
    }
    Ok(condition)
}

/// The quoted name of a version table, or of the mother itself.
fn known_version(table: &Table, name: &str) -> Option<String> {
    let all = std::iter::once(&table.relation).chain(table.versions.iter().map(|version| &version.relation));
    all.map(|relation| &relation.name).find(|known| known.name() == name).map(ToString::to_string)
}

/// One value as it is, or several as a JSON array.
fn after_values(text: &str, count: usize) -> Result<Vec<Option<String>>, Problem> {
    if count == 1 && !text.starts_with('[') {
        return Ok(vec![Some(text.to_owned())]);
    }
    let wrong = || {
        let detail = format!("write a JSON array of the {count} values of the last row that the order names");
        Problem::bad("after", detail)
    };
    let values: Vec<&serde_json::value::RawValue> = serde_json::from_str(text).map_err(|_| wrong())?;
    if values.len() != count {
        return Err(wrong());
    }
    let text_of = |raw: &serde_json::value::RawValue| match serde_json::from_str(raw.get()) {
        Ok(Value::Null) => Ok(None),
        Ok(Value::String(text)) if text.contains('\0') => Err(wrong()),
        Ok(Value::String(text)) => Ok(Some(text)),
        // As it is written: numbers keep all their digits.
        Ok(_) => Ok(Some(raw.get().to_owned())),
        Err(_) => Err(wrong()),
    };
    values.into_iter().map(text_of).collect()
}
