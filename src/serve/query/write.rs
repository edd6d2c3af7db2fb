//! `POST`, `PUT`, `PATCH` and `DELETE`: one statement each, which returns the rows as they are afterwards.

use super::body::BodyRows;
use super::precondition::Preconditions;
use super::row::Key;
use crate::pg::ident::quote;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::{Relation, Table};

/// What becomes of the columns that a body lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingColumns {
    /// They get their defaults (PUT).
    Default,
    /// They stay as they are (PATCH).
    Keep,
}

/// What becomes of rows to be added whose key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// None of the rows is added.
    Refuse,
    /// They change the rows that are there, in the columns that they have.
    Merge,
    /// The rows that are there stay as they are.
    Ignore,
}

/// The statement that adds rows; it returns each as JSON, and its key as a JSON array of texts.
///
/// # Errors
/// Rows that are to be merged, and no unique index that says which are the same.
pub fn insert(
    table: &Table,
    relation: &Relation,
    rows: &BodyRows,
    body: &str,
    duplicates: Duplicates,
) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let keys: Vec<String> =
        table.settings.key.iter().map(|column| format!("t.{}::text", quote(column))).collect();
    let returning = format!("{}, array_to_json(ARRAY[{}])::text", to_json(relation), keys.join(", "));
    let names: Vec<String> = rows.columns.iter().map(|column| quote(column)).collect();
    let conflict = on_conflict(relation, &rows.columns, duplicates)?;
    let (target, source) = if names.is_empty() {
        // Each column gets its default.
        let count = statement.value(rows.count.to_string());
        (String::new(), format!("SELECT FROM generate_series(1, {count}::int8) AS r"))
    } else {
        let source = source(&mut statement, relation, &rows.columns, rows.many, body);
        (format!(" ({})", names.join(", ")), format!("SELECT r.{} FROM {source}", names.join(", r.")))
    };
    statement
        .add(&format!("INSERT INTO {} AS t{target} {source}{conflict} RETURNING {returning}", relation.name));
    Ok(statement)
}

fn on_conflict(relation: &Relation, columns: &[String], duplicates: Duplicates) -> Result<String, Problem> {
    if duplicates == Duplicates::Refuse {
        return Ok(String::new());
    }
    let Some(key) = &relation.unique_key else {
        let detail = "no unique index of the key says which rows are the same";
        return Err(Problem::unprocessable(detail));
    };
    let quoted = |names: &[String]| names.iter().map(|name| quote(name)).collect::<Vec<_>>();
    let target = quoted(key).join(", ");
    if duplicates == Duplicates::Ignore {
        return Ok(format!(" ON CONFLICT ({target}) DO NOTHING"));
    }
    let rest: Vec<String> = columns.iter().filter(|name| !key.contains(name)).cloned().collect();
    // A row that says nothing but its key is returned as it is.
    let changed = quoted(if rest.is_empty() { key } else { &rest });
    let sets: Vec<String> = changed.iter().map(|name| format!("{name} = EXCLUDED.{name}")).collect();
    Ok(format!(" ON CONFLICT ({target}) DO UPDATE SET {}", sets.join(", ")))
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
    preconditions: &Preconditions,
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
    let key = Key::read(&mut statement, table, segment)?;
    let mut condition = key.of_row();
    if missing == MissingColumns::Default && names_key(table, rows) {
        condition += &format!(" AND {}", key.condition("r", |column| rows.columns.contains(column)));
    }
    let json = to_json(relation);
    condition += &preconditions.sql(&mut statement, &json);
    statement.add(&format!(
        "UPDATE {} AS t SET {}{from} WHERE {condition} RETURNING {json}",
        relation.name,
        sets.join(", "),
    ));
    Ok(statement)
}

/// Whether a body has columns of the key.
pub fn names_key(table: &Table, rows: &BodyRows) -> bool {
    rows.columns.iter().any(|column| table.settings.key.contains(column))
}

/// The statement that returns a row if a body has another key than the path.
///
/// # Errors
/// A segment that is no key.
pub fn other_key(
    table: &Table,
    relation: &Relation,
    segment: &str,
    rows: &BodyRows,
    body: &str,
) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let source = source(&mut statement, relation, &rows.columns, false, body);
    let same =
        Key::read(&mut statement, table, segment)?.condition("r", |column| rows.columns.contains(column));
    statement.add(&format!("SELECT ''::text FROM {source} WHERE ({same}) IS NOT TRUE"));
    Ok(statement)
}

/// The statement that deletes the row with a key; it returns an empty text for it.
///
/// # Errors
/// A segment that is no key.
pub fn delete(
    table: &Table,
    relation: &Relation,
    segment: &str,
    preconditions: &Preconditions,
) -> Result<Statement, Problem> {
    let mut statement = Statement::default();
    let mut condition = Key::read(&mut statement, table, segment)?.of_row();
    condition += &preconditions.sql(&mut statement, &to_json(relation));
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
    let body = statement.value(body);
    format!("{function}({body}::json) AS r({})", typed.join(", "))
}
