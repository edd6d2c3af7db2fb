//! The ledger's schema and tables: the rights that they need, creating them, and adding what earlier versions lack.

mod rights;

pub use rights::{Rights, rights};

use super::SCHEMA;
use crate::Result;
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use crate::pg::trust;
use postgres::{Client, Transaction};
use std::time::Duration;

/// How long the users of a ledger of an earlier version are waited for: a run that has read it may be loading a large unit.
const UPGRADE_PATIENCE: Duration = Duration::from_secs(30);

/// Creates the schema where it is missing.
///
/// # Errors
/// A missing right; what the server reports.
pub fn create_schema(transaction: &mut Transaction<'_>) -> Result<()> {
    // Not `IF NOT EXISTS`: that asks for the right to create a schema even where it exists.
    let sql = "SELECT to_regnamespace($1) IS NULL";
    if transaction.query_one(sql, &[&SCHEMA])?.get(0) {
        transaction.batch_execute(&format!("CREATE SCHEMA {SCHEMA}"))?;
    }
    Ok(())
}

/// Creates schema and tables of loads where they are missing, and adds the columns that a ledger of an earlier version
/// lacks. To be called within [`crate::pg::lock::exclusively`], since `IF NOT EXISTS` does not wait for another run.
///
/// # Errors
/// A missing right; what the server reports.
pub fn set_up(transaction: &mut Transaction<'_>) -> Result<()> {
    create_schema(transaction)?;
    let sql = "SELECT to_regclass('pghaul.loads') IS NULL, \
               (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('pghaul.loads') \
                AND attname IN ('status', 'after_at', 'adjusted') AND NOT attisdropped) = 3";
    let row = transaction.query_one(sql, &[])?;
    let (is_missing, is_current): (bool, bool) = (row.get(0), row.get(1));
    if is_missing {
        transaction.batch_execute(include_str!("loads.sql"))?;
    } else if !is_current {
        upgrade(transaction)?;
    }
    Ok(())
}

/// Has the tables of a job created by `create`, in one transaction, unless the ledger has its `newest` part: a table, or
/// `table.column`. Of several runs that miss it at the same time, one creates them; they wait for each other by the lock `lock`.
///
/// # Errors
/// A missing right; what the server reports.
pub fn set_up_once(
    client: &mut Client,
    lock: &str,
    newest: &str,
    create: impl FnOnce(&mut Transaction<'_>) -> Result<()>,
) -> Result<()> {
    trust::check_schema(client, SCHEMA)?;
    if has(client, newest)? {
        return Ok(());
    }
    lock::exclusively(client, lock, |client| {
        if has(client, newest)? {
            return Ok(());
        }
        let mut transaction = client.transaction()?;
        create(&mut transaction)?;
        Ok(transaction.commit()?)
    })
}

/// Whether the ledger has a table, or a column of one.
fn has(client: &mut Client, part: &str) -> Result<bool> {
    let Some((table, column)) = part.split_once('.') else { return has_table(client, part) };
    let sql = "SELECT EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
               JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND NOT a.attisdropped)";
    Ok(client.query_one(sql, &[&SCHEMA, &table, &column])?.get(0))
}

/// Whether the ledger has a table.
///
/// # Errors
/// What the server reports.
pub fn has_table(client: &mut Client, table: &str) -> Result<bool> {
    // Not to_regclass, which is an error for a role that may not look into the schema.
    let sql = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = $1 AND c.relname = $2)";
    Ok(client.query_one(sql, &[&SCHEMA, &table])?.get(0))
}

fn upgrade(transaction: &mut Transaction<'_>) -> Result<()> {
    let statement = include_str!("upgrade.sql");
    tracing::info!("the ledger is of an earlier version; adding what it lacks");
    lock::execute_in_tries(transaction, UPGRADE_PATIENCE, "the ledger", statement).map_err(|error| {
        match SqlState::from(&error) {
            SqlState::NoRight => {
                error.remedy("the ledger must be upgraded: let its owner load once with this version")
            }
            SqlState::LockTimeout => {
                error.remedy("another run is using the ledger; run again when it is done")
            }
            _ => error,
        }
    })
}
