//! `/{table}/{id}/`: the row with a key.

use super::address::key_values;
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Relation, Table};
use axum::http::StatusCode;

/// The values of the key in a segment of a path, as parameters of a statement.
pub struct Key<'t> {
    table: &'t Table,
    placeholders: Vec<String>,
}

impl<'t> Key<'t> {
    /// Reads a segment.
    ///
    /// # Errors
    /// A segment that is no key.
    pub fn read(statement: &mut Statement, table: &'t Table, segment: &str) -> Result<Key<'t>, Problem> {
        let columns = &table.settings.key;
        let values = key_values(segment, columns.len())?;
        let pairs = columns.iter().zip(&values);
        let placeholders = pairs.map(|(column, value)| statement.value_of(column, value)).collect();
        Ok(Key { table, placeholders })
    }

    /// The condition that a row of this alias has the key, in all its columns or in those of a body.
    pub fn condition(&self, alias: &str, counts: impl Fn(&String) -> bool) -> String {
        let parts: Vec<String> = self
            .table
            .settings
            .key
            .iter()
            .zip(&self.placeholders)
            .filter(|(column, _)| counts(column))
            .map(|(column, value)| {
                let equals = self.table.relation.comparison(column, "=");
                format!("{alias}.{} {equals} {value}", quote(column))
            })
            .collect();
        parts.join(" AND ")
    }

    /// The condition that the row of alias `t` has the key.
    pub fn of_row(&self) -> String {
        self.condition("t", |_| true)
    }
}

/// The statement for the row. It returns a second row if several have the key.
///
/// # Errors
/// A segment that is no key.
pub fn select(table: &Table, relation: &Relation, segment: &str) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let condition = Key::read(&mut statement, table, segment)?.of_row();
    statement.add(&format!(
        "SELECT row_to_json(r.*)::text FROM (SELECT {} FROM {} AS t WHERE {condition} LIMIT 2) AS r",
        relation.select_list, relation.name
    ));
    Ok(statement)
}

/// The only row; none if there is no row.
///
/// # Errors
/// More than one row.
pub fn only(mut rows: Vec<String>) -> Result<Option<String>, Problem> {
    let row = rows.pop();
    if rows.is_empty() { Ok(row) } else { Err(ambiguous()) }
}

/// The problem that more than one row has the key.
fn ambiguous() -> Problem {
    let detail =
        "more than one row has this key; where they are of several versions, name one with ?version=";
    Problem::new(StatusCode::CONFLICT, detail)
}
