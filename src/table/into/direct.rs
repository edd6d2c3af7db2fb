//! Rows straight into the target table, in a transaction of the caller's: for jobs that commit piece by piece.

use super::publish::upsert_statement;
use super::table::TargetTable;
use crate::Result;
use crate::config::Mode;
use crate::pg::ident::Qualified;
use postgres::{Client, Transaction};

/// Where rows of `upsert` wait for their turn: a temporary table of each connection, emptied by every commit.
const WAITING: &str = "pghaul_waiting";

/// One connection's way into the target.
#[derive(Debug)]
pub struct Direct {
    table: Qualified,
    /// What brings the rows from there to the target.
    upsert: Option<String>,
}

impl TargetTable {
    /// Prepares this connection; to be called once for each, outside of a transaction.
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

    /// Everything that was copied in this transaction comes to the target; once, before the commit. Of several rows with one
    /// key the last one wins. Returns how many rows of the target have changed, where it counts them.
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
