//! Methods as verbs, the verbs that a table grants, and the version that a request names.

use crate::config::Verb;
use crate::serve::answer::problem::Problem;
use crate::serve::query::address::{Pair, take_one};
use crate::serve::tables::table::{Relation, Table};
use axum::http::Method;

/// The verb of a method, on a table or on a row.
pub fn verb(method: &Method, on_row: bool) -> Option<Verb> {
    match (method.as_str(), on_row) {
        ("GET" | "HEAD", _) => Some(Verb::Get),
        ("POST", false) => Some(Verb::Post),
        ("PUT", true) => Some(Verb::Put),
        ("PATCH", true) => Some(Verb::Patch),
        ("DELETE", true) => Some(Verb::Delete),
        _ => None,
    }
}

/// The methods that a table, or a row of it, allows: the value of the header `Allow`.
pub fn allowed(table: &Table, on_row: bool) -> String {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|name| {
        let method = Method::from_bytes(name.as_bytes()).ok();
        method.and_then(|method| verb(&method, on_row)).is_some_and(|verb| table.grants(verb))
    });
    methods.collect::<Vec<_>>().join(", ")
}

/// The table, or the version of it that `version=` names.
///
/// # Errors
/// A version that the table lacks, or that several applications have.
pub fn relation<'t>(table: &'t Table, pairs: &mut Vec<Pair>) -> Result<&'t Relation, Problem> {
    // If the table has versions, a column of this name is filtered by `version.eq=`.
    if table.versions.is_empty() && table.relation.column("version").is_some() {
        return Ok(&table.relation);
    }
    let Some(version) = take_one(pairs, "version")? else { return Ok(&table.relation) };
    match &table.named(&version)[..] {
        [one] => Ok(one),
        [] => {
            Err(Problem::bad("version", format!("there is no version {version:?} of this table"))
                .unknown_name())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|relation| relation.name.name()).collect();
            Err(Problem::bad("version", format!("name one of its version tables: {}", names.join(", "))))
        }
    }
}
