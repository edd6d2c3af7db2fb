//! The mothers that pghaul has created and may drop: `pghaul.mothers`.

use crate::Result;
use crate::pg::ident::Qualified;
use postgres::{Client, Transaction};
use std::collections::HashSet;

/// The mothers of a schema that pghaul has created.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn ours(client: &mut Client, schema: &str) -> Result<HashSet<String>> {
    let rows = client.query("SELECT mother FROM pghaul.mothers WHERE schema_name = $1", &[&schema])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Records that a mother was created.
///
/// # Errors
/// What the server reports.
pub fn record(transaction: &mut Transaction<'_>, mother: &Qualified) -> Result<()> {
    // A mother that was dropped by hand has left its row.
    let sql = "INSERT INTO pghaul.mothers (schema_name, mother) VALUES ($1, $2) \
               ON CONFLICT (schema_name, mother) DO UPDATE SET created_at = excluded.created_at";
    transaction.execute(sql, &[&mother.schema(), &mother.name()])?;
    Ok(())
}

/// Deletes the rows of a mother and of its version tables.
///
/// # Errors
/// What the server reports.
pub fn forget(transaction: &mut Transaction<'_>, mother: &Qualified, children: &[Qualified]) -> Result<()> {
    let units: Vec<&str> = children.iter().map(Qualified::name).collect();
    let loads = "DELETE FROM pghaul.loads WHERE schema_name = $1 AND unit = ANY ($2)";
    transaction.execute(loads, &[&mother.schema(), &units])?;
    let mothers = "DELETE FROM pghaul.mothers WHERE schema_name = $1 AND mother = $2";
    transaction.execute(mothers, &[&mother.schema(), &mother.name()])?;
    Ok(())
}
