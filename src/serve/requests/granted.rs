//! Methods as verbs, the verbs that a table grants, and the version that a request names.

use crate::config::Verb;
use crate::serve::answer::problem::Problem;
use crate::serve::query::address::{Pair, take_one};
use crate::serve::tables::table::{Relation, Table};
use crate::serve::who::{Grant, Identity};
use axum::http::Method;

/// The verb of a method, on a table or on a row.
fn verb(method: &Method, on_row: bool) -> Option<Verb> {
    match (method.as_str(), on_row) {
        ("GET" | "HEAD", _) => Some(Verb::Get),
        ("POST", false) => Some(Verb::Post),
        ("PUT", true) => Some(Verb::Put),
        ("PATCH", true) => Some(Verb::Patch),
        ("DELETE", true) => Some(Verb::Delete),
        _ => None,
    }
}

/// The verb of a request, if it is granted.
///
/// # Errors
/// A verb that the table grants to no client, or to others alone.
pub fn granted(table: &Table, identity: &Identity, method: &Method, on_row: bool) -> Result<Verb, Problem> {
    let missing = || Problem::method(&allowed(table, identity, on_row));
    let verb = verb(method, on_row).ok_or_else(missing)?;
    match table.grant(identity, verb) {
        Grant::Granted => Ok(verb),
        Grant::OfOthers => Err(Problem::forbidden("this token may not do this")),
        Grant::Missing => Err(missing()),
    }
}

/// The methods that a table, or a row of it, allows: the value of the header `Allow`.
fn allowed(table: &Table, identity: &Identity, on_row: bool) -> String {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|name| {
        let method = Method::from_bytes(name.as_bytes()).ok();
        method.and_then(|method| verb(&method, on_row)).is_some_and(|verb| table.grants(identity, verb))
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
