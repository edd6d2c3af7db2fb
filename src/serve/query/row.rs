//! `/{table}/{id}/`: the row with a key.

use super::address::key_values;
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Relation, Table};
use axum::http::StatusCode;

/// The condition that a row of alias `t` has the key in a segment of a path.
///
/// # Errors
/// A segment that is no key.
pub fn condition(statement: &mut Statement, table: &Table, segment: &str) -> Result<String, Problem> {
    let key = &table.settings.key;
    let values = key_values(segment, key.len())?;
    let parts: Vec<String> = key
        .iter()
        .zip(&values)
        .map(|(column, value)| {
            let equals = table.relation.comparison(column, "=");
            format!("t.{} {equals} {}", quote(column), statement.value_of(column, value))
        })
        .collect();
    Ok(parts.join(" AND "))
}

/// The statement for the row. It returns a second row if several have the key.
///
/// # Errors
/// A segment that is no key.
pub fn select(table: &Table, relation: &Relation, segment: &str) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let condition = condition(&mut statement, table, segment)?;
    statement.add(&format!(
        "SELECT row_to_json(r.*)::text FROM (SELECT {} FROM {} AS t WHERE {condition} LIMIT 2) AS r",
        relation.select_list, relation.name
    ));
    Ok(statement)
}

/// The only row.
///
/// # Errors
/// No row, or more than one.
pub fn only(mut rows: Vec<String>) -> Result<String, Problem> {
    match (rows.pop(), rows.is_empty()) {
        (None, _) => Err(Problem::not_found("row")),
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(ambiguous()),
    }
}

/// The problem that more than one row has the key.
pub fn ambiguous() -> Problem {
    let detail =
        "more than one row has this key; where they are of several versions, name one with ?version=";
    Problem::new(StatusCode::CONFLICT, detail)
}
