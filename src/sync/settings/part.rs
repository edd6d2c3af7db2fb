//! What is synced: one table or those of a schema, and which part of a table.

use super::request::Request;
use crate::config::SyncCfg;
use crate::pg::ident::column_refusal;
use crate::{Error, Result};
use glob::Pattern;

/// The tables of a schema.
#[derive(Debug, Clone)]
pub struct SchemaTables {
    /// Its name.
    pub name: String,
    /// The tables that are left out.
    pub exclude: Vec<Pattern>,
}

/// The schema that is meant, unless a table is. What is typed comes before what is written.
///
/// # Errors
/// A schema and what is for one table; what is no shell pattern; exit code 2.
pub fn schema_tables(request: &Request, job: &SyncCfg) -> Result<Option<SchemaTables>> {
    let typed = (request.schema.is_some(), request.table.is_some());
    let is_meant = match typed {
        (true, true) => return Err(one_or_many("--table")),
        (true, false) => true,
        (false, true) => false,
        (false, false) if job.schema.is_some() && job.table.is_some() => return Err(one_or_many("table")),
        (false, false) => job.schema.is_some(),
    };
    let Some(name) = request.schema.clone().or_else(|| job.schema.as_ref().map(|name| name.0.clone())) else {
        return match request.exclude.is_empty() && job.exclude.is_empty() {
            true => Ok(None),
            false => {
                Err(Error::refused("--exclude leaves out tables of a schema").remedy("name it with --schema"))
            }
        };
    };
    if !is_meant {
        return Ok(None);
    }
    if request.to_table.is_some() || job.to_table.is_some() {
        return Err(one_or_many("--to-table"));
    }
    for (flag, is_given) in [
        ("--key", !request.key.is_empty() || !job.key.is_empty()),
        ("--where", request.only.is_some() || job.only.is_some()),
        ("--columns", !request.columns.is_empty() || !job.columns.is_empty()),
        ("--map", !request.map.is_empty() || !job.map.0.is_empty()),
    ] {
        if is_given {
            return Err(one_or_many(flag));
        }
    }
    let patterns = match request.exclude.is_empty() {
        true => job.exclude.iter().map(|pattern| pattern.0.clone()).collect(),
        false => request.exclude.clone(),
    };
    let parse = |pattern: &String| {
        Pattern::new(pattern).map_err(|error| {
            Error::refused(format!("--exclude: {pattern:?} is no shell pattern: {error}"))
                .remedy("write for example --exclude 'log_*'")
        })
    };
    let exclude = patterns.iter().map(parse).collect::<Result<_>>()?;
    Ok(Some(SchemaTables { name, exclude }))
}

/// The columns that get another name.
///
/// # Errors
/// What does not name two columns, exit code 2.
pub fn renamed(typed: Vec<String>, job: &SyncCfg) -> Result<Vec<(String, String)>> {
    let map: Vec<(String, String)> = match typed.is_empty() {
        true => job.map.0.iter().map(|(old, new)| (old.clone(), new.0.clone())).collect(),
        false => {
            let pair = |text: String| {
                let pair = text.split_once('=').map(|(old, new)| (old.to_owned(), new.to_owned()));
                pair.ok_or_else(|| {
                    Error::refused(format!("--map: {text:?} does not say what becomes what"))
                        .remedy("write old=new")
                })
            };
            typed.into_iter().map(pair).collect::<Result<_>>()?
        }
    };
    match map.iter().find_map(|(_, new)| Some((new, column_refusal(new)?))) {
        Some((new, why)) => {
            Err(Error::refused(format!("--map: {new:?} has {why}")).remedy("name another column"))
        }
        None => Ok(map),
    }
}

fn one_or_many(what: &str) -> Error {
    Error::refused(format!("{what} is for one table, and --schema for many")).remedy("give one of them")
}
