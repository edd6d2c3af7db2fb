//! The indexes of a destination, which are built after the initial load, several at the same time.

use super::shape::{Index, Shape};
use crate::pg::ident::{Qualified, quote};
use crate::report::timeline::{self, Step};
use crate::run::{interrupt, workers};
use crate::{Error, Place, Result};
use postgres::Client;

/// Builds the indexes that `source` has and `destination` lacks, one at a time on each connection. Constraints of indexes come
/// last, since each of them locks the table against all other work.
///
/// # Errors
/// What the server reports, such as rows that are not unique; Ctrl-C.
pub fn build(clients: &mut [Client], source: &Shape, destination: &Shape) -> Result<()> {
    let wanted = source.indexes.iter().filter(|index| {
        if index.constraint == Some('x') {
            tracing::warn!("the exclusion constraint {} is not made at the destination", index.name);
        }
        index.constraint != Some('x') && !destination.indexes.iter().any(|built| same(built, index))
    });
    let build = |client: &mut &mut Client, index: &Index| -> Result<()> {
        interrupt::check()?;
        tracing::debug!("building {}", index.name);
        let table = &destination.table;
        let qualified = Qualified::new(table.schema(), &index.name).to_string();
        let is_taken = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&qualified])?.get(0);
        let statement = creation(index, is_taken, table);
        timeline::during(Step::Index, &index.name, || client.batch_execute(&statement))
            .map_err(|error| at(error.into(), &destination.table))
    };
    workers::share("builder", wanted.collect(), clients.iter_mut(), build)?;
    let Some(client) = clients.first_mut() else { return Ok(()) };
    add_constraints(client, source, destination)
}

/// Whether both are the same except for their names.
fn same(one: &Index, other: &Index) -> bool {
    one.unique == other.unique && one.definition == other.definition
}

/// The statement that builds an index. If its name is taken, the server chooses another one.
pub fn creation(index: &Index, is_taken: bool, table: &Qualified) -> String {
    let name = if is_taken { String::new() } else { quote(&index.name) };
    let unique = if index.unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {name} ON {table} USING {}", index.definition)
}

/// Makes constraints of the unique indexes that belong to constraints at the source.
fn add_constraints(client: &mut Client, source: &Shape, destination: &Shape) -> Result<()> {
    let now =
        Shape::read(client, &destination.table)?.ok_or_else(|| Error::failed("has just been dropped"))?;
    let wanted = source.indexes.iter().filter(|index| matches!(index.constraint, Some('p' | 'u')));
    for index in wanted {
        if now.indexes.iter().any(|built| same(built, index) && built.constraint == index.constraint) {
            continue;
        }
        let is_primary = index.constraint == Some('p');
        if is_primary && !now.primary_key.is_empty() {
            continue;
        }
        let Some(built) = now.indexes.iter().find(|built| same(built, index) && built.constraint.is_none())
        else {
            continue;
        };
        // Rows are found by the primary key, which a merge cannot do with one that is checked later.
        let (kind, deferrable) = match is_primary {
            true => ("PRIMARY KEY", ""),
            false => ("UNIQUE", index.deferrable.as_str()),
        };
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} {kind} USING INDEX {name}{deferrable}",
            destination.table,
            name = quote(&built.name),
        );
        client.batch_execute(&sql).map_err(|error| at(error.into(), &destination.table))?;
    }
    Ok(())
}

fn at(error: Error, table: &Qualified) -> Error {
    error.at(Place::table(table.to_string()))
}
