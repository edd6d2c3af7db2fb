//! The indexes of a destination: built when the initial load is done, several at the same time.

use super::shape::{Index, Shape};
use crate::pg::ident::{Qualified, quote};
use crate::run::{interrupt, workers};
use crate::{Error, Place, Result};
use postgres::Client;

/// Builds what `source` has and `there`, the destination, lacks, over these connections; the constraints that belong to
/// indexes follow when all are built, since they need the table to themselves.
///
/// # Errors
/// What the server reports, such as rows that are not unique; Ctrl-C.
pub fn build(clients: &mut [Client], source: &Shape, there: &Shape) -> Result<()> {
    let wanted = source.indexes.iter().filter(|index| {
        if index.constraint == Some('x') {
            tracing::warn!("the exclusion constraint {} is not made at the destination", index.name);
        }
        index.constraint != Some('x') && !there.indexes.iter().any(|built| same(built, index))
    });
    let build = |client: &mut &mut Client, index: &Index| -> Result<()> {
        interrupt::check()?;
        tracing::debug!("building {}", index.name);
        let statement = create_statement(client, index, &there.table)?;
        client.batch_execute(&statement).map_err(|error| at(error.into(), &there.table))
    };
    workers::share("builder", wanted.collect(), clients.iter_mut(), build)?;
    let Some(client) = clients.first_mut() else { return Ok(()) };
    add_constraints(client, source, there)
}

/// Whether both are the same but for their names.
fn same(one: &Index, other: &Index) -> bool {
    one.unique == other.unique && one.definition == other.definition
}

/// The statement that builds an index; under another name where its own is taken.
fn create_statement(client: &mut Client, index: &Index, table: &Qualified) -> Result<String> {
    let qualified = Qualified::new(table.schema(), &index.name).to_string();
    let taken: bool = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&qualified])?.get(0);
    let name = if taken { String::new() } else { quote(&index.name) };
    let unique = if index.unique { "UNIQUE " } else { "" };
    Ok(format!("CREATE {unique}INDEX {name} ON {table} USING {}", index.definition))
}

/// Makes constraints of the unique indexes that were constraints at the source.
fn add_constraints(client: &mut Client, source: &Shape, there: &Shape) -> Result<()> {
    let name = (Some(there.table.schema().to_owned()), there.table.name().to_owned());
    let now = Shape::read(client, &name)?.ok_or_else(|| Error::failed("has just been dropped"))?;
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
        let kind = if is_primary { "PRIMARY KEY" } else { "UNIQUE" };
        let sql = format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} {kind} USING INDEX {name}{}",
            there.table,
            index.deferrable,
            name = quote(&built.name),
        );
        client.batch_execute(&sql).map_err(|error| at(error.into(), &there.table))?;
    }
    Ok(())
}

fn at(error: Error, table: &Qualified) -> Error {
    error.at(Place::table(table.to_string()))
}
