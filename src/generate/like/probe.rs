//! The probe: the first rows of each table go into a temporary table with the same checks, and PostgreSQL itself says which of
//! them are broken. So what cannot be satisfied is found before anything is written.

use super::plan::Plan;
use super::source::Table;
use super::writer::Writer;
use crate::copy::send::sink::CopyFailure;
use crate::generate::load::Load;
use crate::pg::ident::Qualified;
use crate::{Error, Place, Result};
use postgres::Client;
use std::ops::Range;

/// Rows of each table that are tried.
const TRIED: u64 = 1000;
/// The schema of this session's temporary tables.
const TEMPORARY: &str = "pg_temp";

/// What rows have broken.
#[derive(Debug)]
pub enum Broken {
    /// A check of a table.
    Check(usize, String),
    /// The type of a column, such as a domain with a check.
    Column(usize, usize, String),
    /// Something else.
    Other(Error),
}

/// Tries the first rows of each table. Gives what they break first; `None` where all may stay, or where the session may create no
/// temporary table, as on a standby.
///
/// # Errors
/// A lost connection.
pub fn probe(client: &mut Client, tables: &[Table], plan: &Plan) -> Result<Option<Broken>> {
    let mut all = client.transaction()?;
    for (number, table) in tables.iter().enumerate() {
        let name = format!("pghaul_probe_{number}");
        let create = format!(
            "CREATE TEMPORARY TABLE {name} (LIKE {} INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING INDEXES) ON COMMIT DROP",
            table.name
        );
        let mut one = all.transaction()?;
        if let Err(error) = one.batch_execute(&create) {
            tracing::debug!("cannot try rows of {}: {error}", table.name);
            return Ok(None);
        }
        let writer = Writer::new(plan, tables, number);
        let load = Load {
            columns: &writer.columns,
            format: writer.format(),
            records: writer.records(TRIED),
            workers: 1,
            progress: None,
            make: &|records: Range<u64>, rows: &mut Vec<u8>| writer.push(records, rows),
        };
        let target = Qualified::new(TEMPORARY, name);
        if let Err(failure) = load.by_one_stream(&mut one, &target, false) {
            return broken(failure, number, table).map(Some);
        }
        one.commit()?;
    }
    all.rollback()?;
    Ok(None)
}

/// Which check is broken, if it is one: the server's words name it, in whatever language they are.
fn broken(failure: CopyFailure, number: usize, table: &Table) -> Result<Broken> {
    let CopyFailure { error, refusal } = failure;
    let at = |error: Error| error.into_refused().at(Place::table(table.name.name()));
    let Some(refusal) = refusal else { return Err(at(error)) };
    let names_it = |name: &&str| refusal.what.contains(*name);
    let checks = table.checks.iter().map(|check| check.name.as_str());
    // The longest name, where one is a part of another one.
    if let Some(check) = checks.filter(names_it).max_by_key(|name| name.len()) {
        return Ok(Broken::Check(number, check.to_owned()));
    }
    let column =
        refusal.column.and_then(|column| table.columns.iter().position(|known| known.name == column));
    Ok(match column {
        Some(column) if error.sqlstate() == Some(CHECK_VIOLATION) => {
            Broken::Column(number, column, refusal.what)
        }
        _ => Broken::Other(at(error)),
    })
}

/// `check_violation`, also of a domain.
const CHECK_VIOLATION: &str = "23514";
