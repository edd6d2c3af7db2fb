//! `POST`, `PUT`, `PATCH` and `DELETE`: one statement each, which returns the rows as they are afterwards.

use super::body::BodyRows;
use super::row;
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::{Parameter, Statement};
use crate::serve::tables::table::{Relation, Table};

/// What becomes of the columns that a body lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingColumns {
    /// They get their defaults (PUT).
    Default,
    /// They stay as they are (PATCH).
    Keep,
}

/// The statement that adds rows; it returns each as JSON, and its key as a JSON array of texts.
pub fn insert(table: &Table, relation: &Relation, rows: &BodyRows, body: &str) -> Statement {
    let mut statement = Statement::default();
    let keys: Vec<String> =
        table.settings.key.iter().map(|column| format!("t.{}::text", quote(column))).collect();
    let returning = format!("{}, array_to_json(ARRAY[{}])::text", to_json(relation), keys.join(", "));
    if rows.columns.is_empty() {
        statement.add(&format!("INSERT INTO {} AS t DEFAULT VALUES RETURNING {returning}", relation.name));
        return statement;
    }
    let names: Vec<String> = rows.columns.iter().map(|column| quote(column)).collect();
    let source = source(&mut statement, relation, &rows.columns, rows.many, body);
    statement.add(&format!(
        "INSERT INTO {} AS t ({names}) SELECT r.{} FROM {source} RETURNING {returning}",
        relation.name,
        names.join(", r."),
        names = names.join(", "),
    ));
    statement
}

/// The statement that changes the row with a key; it returns the row as JSON.
///
/// # Errors
/// A segment that is no key, a body that changes nothing.
pub fn update(
    table: &Table,
    relation: &Relation,
    segment: &str,
    rows: &BodyRows,
    body: &str,
    missing: MissingColumns,
) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let mut sets: Vec<String> = rows.columns.iter().map(|name| format!("{0} = r.{0}", quote(name))).collect();
    if missing == MissingColumns::Default {
        let left = |name: &&String| !rows.columns.contains(name) && !table.settings.key.contains(name);
        sets.extend(relation.writable.iter().filter(left).map(|name| format!("{} = DEFAULT", quote(name))));
    }
    if sets.is_empty() {
        return Err(Problem::unprocessable("the body changes no column"));
    }
    let from = match rows.columns.is_empty() {
        true => String::new(),
        false => format!(" FROM {}", source(&mut statement, relation, &rows.columns, false, body)),
    };
    let condition = row::condition(&mut statement, table, segment)?;
    statement.add(&format!(
        "UPDATE {} AS t SET {}{from} WHERE {condition} RETURNING {}",
        relation.name,
        sets.join(", "),
        to_json(relation)
    ));
    Ok(statement)
}

/// The statement that deletes the row with a key; it returns an empty text for it.
///
/// # Errors
/// A segment that is no key.
pub fn delete(table: &Table, relation: &Relation, segment: &str) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let condition = row::condition(&mut statement, table, segment)?;
    statement.add(&format!("DELETE FROM {} AS t WHERE {condition} RETURNING ''::text", relation.name));
    Ok(statement)
}

/// The statement that reads one column of a body alone; it fails if the server cannot read a value of this column.
pub fn probe(relation: &Relation, rows: &BodyRows, body: &str, column: &str) -> Statement {
    let mut statement = Statement::default();
    let one = [column.to_owned()];
    let source = source(&mut statement, relation, &one, rows.many, body);
    statement.add(&format!("SELECT count(r.{})::text FROM {source}", quote(column)));
    statement
}

fn to_json(relation: &Relation) -> String {
    format!("(SELECT row_to_json(j.*)::text FROM (SELECT {}) AS j)", relation.select_list)
}

/// The body as a relation `r` of these columns, with their types from the table.
fn source(
    statement: &mut Statement,
    relation: &Relation,
    columns: &[String],
    many: bool,
    body: &str,
) -> String {
    let typed: Vec<String> = columns
        .iter()
        .filter_map(|name| relation.column(name))
        .map(|column| format!("{} {}", quote(&column.name), column.type_name))
        .collect();
    let function = if many { "json_to_recordset" } else { "json_to_record" };
    statement.parameters.push(Parameter { value: Some(body.to_owned()), column: None });
    let number = statement.parameters.len();
    format!("{function}(${number}::json) AS r({})", typed.join(", "))
}
