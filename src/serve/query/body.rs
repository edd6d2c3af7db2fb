//! The rows of a body: JSON objects. Their values stay as they are written until PostgreSQL reads them.

use crate::config::OrderedMap;
use crate::serve::answer::problem::Problem;
use crate::serve::tables::table::Relation;
use axum::http::StatusCode;
use serde_json::value::RawValue;

/// The rows of a body.
#[derive(Debug)]
pub struct BodyRows {
    /// The columns that each row has.
    pub columns: Vec<String>,
    /// Whether the body is an array.
    pub many: bool,
    /// How many rows it has.
    pub count: usize,
}

/// Reads a body of one row, or of many if `may_be_many`.
///
/// # Errors
/// Text that is no JSON; a row that is no object; a column that the table lacks, or that may not be written; rows with
/// different columns.
pub fn rows(body: &[u8], relation: &Relation, may_be_many: bool) -> Result<BodyRows, Problem> {
    let malformed =
        |error: serde_json::Error| Problem::new(StatusCode::BAD_REQUEST, format!("no JSON: {error}"));
    let whole: &RawValue = serde_json::from_slice(body).map_err(malformed)?;
    let many = whole.get().starts_with('[');
    if many && !may_be_many {
        return Err(Problem::unprocessable("the body is one object"));
    }
    let parts: Vec<&RawValue> =
        if many { serde_json::from_str(whole.get()).map_err(malformed)? } else { vec![whole] };
    let mut columns: Option<Vec<String>> = None;
    for (at, part) in parts.iter().enumerate() {
        let names = names(part, relation).map_err(|mut problem| {
            if many {
                problem.detail = format!("row {}: {}", at + 1, problem.detail);
            }
            problem
        })?;
        match &columns {
            None => columns = Some(names),
            Some(first) => check_same_columns(first, &names, at + 1)?,
        }
    }
    let Some(columns) = columns else { return Err(Problem::unprocessable("the body has no rows")) };
    Ok(BodyRows { columns, many, count: parts.len() })
}

fn names(part: &RawValue, relation: &Relation) -> Result<Vec<String>, Problem> {
    if !part.get().starts_with('{') {
        return Err(Problem::unprocessable("a row is an object of columns"));
    }
    let object: OrderedMap<&RawValue> =
        serde_json::from_str(part.get()).map_err(|error| Problem::unprocessable(error.to_string()))?;
    let names: Vec<String> = object.0.into_iter().map(|(name, _)| name).collect();
    for name in &names {
        if relation.column(name).is_none() {
            return Err(Problem::unprocessable(format!("there is no column {name:?}"))
                .of(name)
                .unknown_name());
        }
        if !relation.writable.contains(name) {
            return Err(Problem::unprocessable(format!("column {name:?} may not be written")).of(name));
        }
    }
    Ok(names)
}

fn check_same_columns(first: &[String], names: &[String], row: usize) -> Result<(), Problem> {
    let odd = |these: &[String], those: &[String]| these.iter().find(|name| !those.contains(name)).cloned();
    match odd(first, names).or_else(|| odd(names, first)) {
        None => Ok(()),
        Some(name) => Err(Problem::unprocessable(format!(
            "row {row}: either all rows of a request have column {name:?}, or none has"
        ))
        .of(&name)),
    }
}
