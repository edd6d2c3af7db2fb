//! The table of a replica. It is looked up before rows are taken from Redis, and created when its first batch is published.

use super::types::forms::Forms;
use super::types::learn::Learnt;
use crate::config::{Destination, Mode};
use crate::pg::ident::{Qualified, quote};
use crate::pg::sqlstate::SqlState;
use crate::pg::type_name::TypeName;
use crate::pg::{catalog, lock};
use crate::table::into::{Stage, TargetTable};
use crate::table::ledger::setup;
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};
use std::time::Duration;

/// How long an `ALTER TABLE` waits for other users of the table.
const PATIENCE: Duration = Duration::from_secs(30);

/// The table as the database has it.
#[derive(Debug)]
pub struct Found {
    /// The table.
    pub table: Qualified,
    /// Its columns with their types, in its order; none if it does not exist.
    pub columns: Option<Vec<(String, TypeName)>>,
}

/// Looks the table up.
///
/// # Errors
/// A missing right; what the server reports.
pub fn find(client: &mut Client, into: &Destination) -> Result<Found> {
    let rights = setup::rights(client)?;
    let table = Qualified::new(into.schema.clone().unwrap_or(rights.schema), &into.table);
    let found = catalog::relations(client, table.schema(), &[table.name()])?.remove(table.name());
    let columns = found
        .map(|relation| relation.columns.into_iter().map(|column| (column.name, column.type_name)).collect());
    Ok(Found { table, columns })
}

/// The existing table, for rows with these columns.
///
/// # Errors
/// As [`TargetTable::find`].
pub fn existing(client: &mut Client, into: &Destination, names: &[String]) -> Result<TargetTable> {
    let names: Vec<_> = names.iter().map(|name| (name.clone(), TypeName::text())).collect();
    TargetTable::find(client, into, Some(&names))
}

/// The table that the first batch will create, with these columns.
///
/// # Errors
/// As [`TargetTable::find`].
pub fn to_be_created(client: &mut Client, into: &Destination, types: &Learnt) -> Result<TargetTable> {
    // The first batch creates the table in its own transaction, so its rows replace nothing, whatever the mode.
    let first = Destination { mode: Mode::Replace, key: Vec::new(), ..into.clone() };
    TargetTable::find(client, &first, Some(&types.types().collect::<Vec<_>>()))
}

/// Publishes a new table with its rows and its key.
///
/// # Errors
/// A key with a NULL; what the server reports.
pub fn publish_new(
    target: &TargetTable,
    stage: &Stage,
    key: &[String],
    transaction: &mut Transaction<'_>,
) -> Result<()> {
    target.publish(stage, transaction)?;
    if key.is_empty() {
        return Ok(());
    }
    let table = target.table();
    let key = key.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    let add_key = format!("ALTER TABLE {table} ADD PRIMARY KEY ({key})");
    let mut attempt = transaction.transaction()?;
    match attempt.batch_execute(&add_key).map_err(Error::from) {
        Ok(()) => return Ok(attempt.commit()?),
        Err(error) if SqlState::from(&error) == SqlState::UniqueViolation => attempt.rollback()?,
        Err(error) => return Err(error.at(Place::table(table.name()))),
    }
    // Of rows with equal keys the last one stays, as with an upsert.
    Ok(transaction.batch_execute(&format!(
        "DELETE FROM {table} t USING (SELECT ctid, row_number() OVER (PARTITION BY {key} ORDER BY ctid DESC) AS n \
         FROM {table}) d WHERE t.ctid = d.ctid AND d.n > 1; {add_key}"
    ))?)
}

/// Adds the columns that the rows have and the table lacks, with the types of `learnt`.
///
/// # Errors
/// A table that others use for too long; what the server reports; Ctrl-C.
pub fn add_columns(client: &mut Client, found: &Found, learnt: &Learnt) -> Result<()> {
    let there = found.columns.as_deref().unwrap_or_default();
    let missing = learnt.types().filter(|(name, _)| !there.iter().any(|(known, _)| known == name));
    let clauses: Vec<String> =
        missing.map(|(name, type_name)| format!("ADD COLUMN {} {type_name}", quote(&name))).collect();
    alter(client, &found.table, &clauses)
}

/// The columns that must become wider for values that they have refused, each with its new type.
pub fn wider(target: &TargetTable, refused: &[(String, Forms)]) -> Vec<(String, TypeName)> {
    let wider = |(name, refused): &(String, Forms)| {
        let column = target.columns().iter().find(|column| column.name == *name)?;
        let mut forms = Forms::of_type(&column.type_name)?;
        forms |= *refused;
        let wider = forms.type_name();
        (wider != column.type_name).then(|| (name.clone(), TypeName::from_server(wider.to_owned())))
    };
    refused.iter().filter_map(wider).collect()
}

/// The columns whose types are others than in `wanted`, each with its new type.
pub fn changed(target: &TargetTable, wanted: &Learnt) -> Vec<(String, TypeName)> {
    let is_other = |(name, type_name): &(String, TypeName)| {
        target.columns().iter().any(|column| column.name == *name && column.type_name != type_name.as_str())
    };
    wanted.types().filter(is_other).collect()
}

/// Makes columns wider.
///
/// # Errors
/// A column that a view or the like depends on; a table that others use for too long; what the server reports; Ctrl-C.
pub fn widen(client: &mut Client, table: &Qualified, columns: &[(String, TypeName)]) -> Result<()> {
    let clause = |(name, type_name): &(String, TypeName)| {
        let name = quote(name);
        format!("ALTER COLUMN {name} TYPE {type_name} USING {name}::{type_name}")
    };
    alter(client, table, &columns.iter().map(clause).collect::<Vec<_>>())?;
    for (name, type_name) in columns {
        tracing::info!("{}: column {name} has become {type_name}", table.name());
    }
    Ok(())
}

fn alter(client: &mut Client, table: &Qualified, clauses: &[String]) -> Result<()> {
    if clauses.is_empty() {
        return Ok(());
    }
    let mut transaction = client.transaction()?;
    let statement = format!("ALTER TABLE {table} {}", clauses.join(", "));
    lock::execute_in_tries(&mut transaction, PATIENCE, table.name(), &statement)
        .map_err(|error| error.at(Place::table(table.name())))?;
    Ok(transaction.commit()?)
}
