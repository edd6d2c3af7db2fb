//! A staging table: several connections fill a table under another name, and it gets its real name when it is complete.
//!
//! A connection sees only what others have committed, so one transaction cannot hide a table that several connections fill.
//! Under its staging name no reader looks for it, and one statement gives it the real one.

use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place, Result};
use postgres::{Client, GenericClient, Transaction};

/// The beginning of the name of a staging table.
const PREFIX: &str = "pghaul_staging_";

/// A table under both its names.
#[derive(Debug)]
pub struct Staging {
    table: Qualified,
    target: Qualified,
}

impl Staging {
    /// The names of the staging tables in a schema.
    ///
    /// # Errors
    /// What the server reports.
    pub fn names(client: &mut Client, schema: &str) -> Result<Vec<String>> {
        let sql = "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
                   WHERE nspname = $1 AND relkind = 'r' AND starts_with(relname, $2)";
        Ok(client.query(sql, &[&schema, &PREFIX])?.iter().map(|row| row.get(0)).collect())
    }

    /// The staging table of `target`. Its name is always the same, so a run finds what a killed one has left. Two runs of one
    /// target must exclude each other.
    pub fn of(target: &Qualified) -> Staging {
        let name = format!("{PREFIX}{:08x}", crc32fast::hash(target.name().as_bytes()));
        Staging { table: Qualified::new(target.schema(), name), target: target.clone() }
    }

    /// The table that is filled.
    pub fn table(&self) -> &Qualified {
        &self.table
    }

    /// Does `work` while no other run fills the same target, which must not exist yet.
    ///
    /// # Errors
    /// A target that exists; what `work` or the server reports.
    pub fn exclusively<T>(
        &self,
        client: &mut Client,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<T> {
        lock::exclusively(client, &self.table.to_string(), |client| {
            let sql = "SELECT to_regclass($1) IS NOT NULL";
            if client.query_one(sql, &[&self.target.to_string()])?.get(0) {
                return Err(Error::refused("has just been created by another session")
                    .at(Place::table(self.target.name()))
                    .remedy("look what it holds, then drop it or name another table"));
            }
            work(client)
        })
    }

    /// Creates the target by the statement that `create` makes of its name, and rolls that back. So a missing right, or a
    /// type of that name, is found before anything is loaded.
    ///
    /// # Errors
    /// What the server reports.
    pub fn try_target(&self, client: &mut Client, create: impl FnOnce(&Qualified) -> String) -> Result<()> {
        let mut trial = client.transaction()?;
        trial.batch_execute(&create(&self.target))?;
        Ok(trial.rollback()?)
    }

    /// Creates the table by the statement `create`, in the place of one that an earlier run has left, and commits that.
    ///
    /// # Errors
    /// A table of this name that pghaul has not created; what the server reports.
    pub fn create(&self, client: &mut Client, create: &str) -> Result<()> {
        let mut transaction = client.transaction()?;
        self.remove_leftover(&mut transaction)?;
        let sql = "SELECT to_regclass($1) IS NOT NULL";
        if transaction.query_one(sql, &[&self.table.to_string()])?.get(0) {
            return Err(Error::refused(format!(
                "there is a table {} that pghaul did not create",
                self.table
            ))
            .remedy("rename or drop it"));
        }
        let comment = literal(&self.comment());
        transaction.batch_execute(&format!("{create}; COMMENT ON TABLE {} IS {comment}", self.table))?;
        Ok(transaction.commit()?)
    }

    /// Drops the table that an earlier run has left under this name; its comment says so.
    ///
    /// # Errors
    /// What the server reports.
    pub fn remove_leftover(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        if self.is_ours(transaction)? {
            tracing::info!("removing what an interrupted run has left of {}", self.target.name());
            transaction.batch_execute(&format!("DROP TABLE {}", self.table))?;
        }
        Ok(())
    }

    /// Whether a table of this name exists that pghaul has created for this target.
    ///
    /// # Errors
    /// What the server reports.
    pub fn is_ours(&self, client: &mut impl GenericClient) -> Result<bool> {
        let sql = "SELECT obj_description(to_regclass($1), 'pg_class')";
        let comment: Option<String> = client.query_one(sql, &[&self.table.to_string()])?.get(0);
        Ok(comment.is_some_and(|comment| comment == self.comment()))
    }

    /// Makes the complete table survive a crash of the server: the commit of this transaction is written to the disk,
    /// whatever the server's settings, and with it all earlier ones. Returns the table's `pg_class.oid`.
    ///
    /// # Errors
    /// What the server reports.
    pub fn seal(&self, transaction: &mut Transaction<'_>) -> Result<u32> {
        transaction.batch_execute(&format!(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'; \
             COMMENT ON TABLE {} IS {}",
            self.table,
            literal(&self.comment())
        ))?;
        Ok(transaction.query_one("SELECT to_regclass($1)::oid", &[&self.table.to_string()])?.get(0))
    }

    /// Gives the table its real name.
    ///
    /// # Errors
    /// A table that has got that name in the meantime; what the server reports.
    pub fn publish(&self, client: &mut Client) -> Result<()> {
        let mut transaction = client.transaction()?;
        self.publish_in(&mut transaction)?;
        Ok(transaction.commit()?)
    }

    /// As [`Staging::publish`], in a transaction that does more.
    ///
    /// # Errors
    /// As there.
    pub fn publish_in(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        Ok(transaction.batch_execute(&format!(
            "COMMENT ON TABLE {table} IS NULL; ALTER TABLE {table} RENAME TO {name}",
            table = self.table,
            name = quote(self.target.name())
        ))?)
    }

    /// Drops the table after a failure. Where that fails as well, the next run drops it.
    pub fn discard(&self, client: &mut Client) {
        let sql = format!("DROP TABLE IF EXISTS {}", self.table);
        let mut dropped = client.batch_execute(&sql);
        if dropped.as_ref().is_err_and(|error| SqlState::from(error) == SqlState::Cancelled) {
            // The cancellation was meant for the statement before, and is used up.
            dropped = client.batch_execute(&sql);
        }
        if let Err(error) = dropped {
            let error = Error::from(error);
            tracing::warn!("the table {} is left over; the next run drops it: {error}", self.table);
        }
    }

    fn comment(&self) -> String {
        format!("pghaul: what is to become {}, still being filled", self.target)
    }
}
