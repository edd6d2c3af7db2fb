//! Rows straight into the target table, in a transaction of the caller: for jobs that commit piece by piece.

use super::publish::upsert_statement;
use super::table::TargetTable;
use crate::Result;
use crate::config::Mode;
use crate::pg::ident::Qualified;
use postgres::{Client, Transaction};

/// The temporary table of each connection in which rows of `upsert` wait. Every commit empties it.
const WAITING: &str = "pghaul_waiting";

/// One connection's way into the target.
#[derive(Debug)]
pub struct Direct {
    table: Qualified,
    /// The statement that brings the rows from there to the target.
    upsert: Option<String>,
}

impl TargetTable {
    /// Prepares this connection. It is called once for each connection, outside of a transaction.
    ///
    /// # Errors
    /// What the server reports.
    pub fn direct(&self, client: &mut Client) -> Result<Direct> {
        if self.mode != Mode::Upsert {
            return Ok(Direct { table: self.table.clone(), upsert: None });
        }
        let clauses = self.column_clauses(client)?;
        client.batch_execute(&format!("CREATE TEMP TABLE {WAITING} ({clauses}) ON COMMIT DELETE ROWS"))?;
        let table = Qualified::new("pg_temp", WAITING);
        let upsert = upsert_statement(self, &table);
        client.prepare(&upsert)?;
        Ok(Direct { table, upsert: Some(upsert) })
    }
}

impl Direct {
    /// The table to copy into.
    pub fn table(&self) -> &Qualified {
        &self.table
    }

    /// Brings all rows that this transaction has copied to the target. It is called once, before the commit. Of several rows
    /// with one key the last one wins. Returns how many rows of the target have changed; none where the rows were copied
    /// straight into it.
    ///
    /// # Errors
    /// What the server reports.
    pub fn finish(&self, transaction: &mut Transaction<'_>) -> Result<Option<u64>> {
        match &self.upsert {
            None => Ok(None),
            Some(upsert) => Ok(Some(transaction.execute(upsert, &[])?)),
        }
    }
}
