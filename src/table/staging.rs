//! A table under another name: filled by several connections, and given its own name when it is complete.
//!
//! Other connections see only what is committed, so a table that several of them fill cannot be hidden in one
//! transaction. Nobody looks for it under this name, though, and it gets its real one in one statement.

use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place, Result};
use postgres::{Client, GenericClient, Transaction};

/// How their names begin.
const PREFIX: &str = "pghaul_staging_";

/// The table under both its names.
#[derive(Debug)]
pub struct Staging {
    table: Qualified,
    target: Qualified,
}

impl Staging {
    /// Which staging tables there are in a schema, by name.
    ///
    /// # Errors
    /// What the server reports.
    pub fn names(client: &mut Client, schema: &str) -> Result<Vec<String>> {
        let sql = "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace \
                   WHERE nspname = $1 AND relkind = 'r' AND starts_with(relname, $2)";
        Ok(client.query(sql, &[&schema, &PREFIX])?.iter().map(|row| row.get(0)).collect())
    }

    /// The staging table of `target`: always the same one, so that what a run that was killed has left behind is found
    /// by the next. The runs of one target must exclude each other.
    pub fn of(target: &Qualified) -> Staging {
        let name = format!("{PREFIX}{:08x}", crc32fast::hash(target.name().as_bytes()));
        Staging { table: Qualified::new(target.schema(), name), target: target.clone() }
    }

    /// The table that is to be filled.
    pub fn table(&self) -> &Qualified {
        &self.table
    }

    /// Does `work` while no other run fills the same target, which is not there yet.
    ///
    /// # Errors
    /// A target that is there already; what `work` or the server reports.
    pub fn exclusively<T>(
        &self,
        client: &mut Client,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<T> {
        lock::exclusively(client, &self.table.to_string(), |client| {
            let sql = "SELECT to_regclass($1) IS NOT NULL";
            if client.query_one(sql, &[&self.target.to_string()])?.get(0) {
                return Err(Error::refused("has just been created by somebody else")
                    .at(Place::table(self.target.name()))
                    .remedy("look what it holds, then drop it or name another table"));
            }
            work(client)
        })
    }

    /// Creates the target by what `create` makes of its name, and takes it back: a missing right, or a type of that name,
    /// is better found now than when all is loaded.
    ///
    /// # Errors
    /// What the server reports.
    pub fn try_target(&self, client: &mut Client, create: impl FnOnce(&Qualified) -> String) -> Result<()> {
        let mut trial = client.transaction()?;
        trial.batch_execute(&create(&self.target))?;
        Ok(trial.rollback()?)
    }

    /// Creates it by the statement `create`, in the place of one that an earlier run has left, and commits that.
    ///
    /// # Errors
    /// A table of this name that pghaul did not create; what the server reports.
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

    /// Drops what an earlier run has left under this name, which its comment tells.
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

    /// Whether there is a table of this name that pghaul has created for this target.
    ///
    /// # Errors
    /// What the server reports.
    pub fn is_ours(&self, client: &mut impl GenericClient) -> Result<bool> {
        let sql = "SELECT obj_description(to_regclass($1), 'pg_class')";
        let comment: Option<String> = client.query_one(sql, &[&self.table.to_string()])?.get(0);
        Ok(comment.is_some_and(|comment| comment == self.comment()))
    }

    /// It is complete, and will be there after a crash of the server too: the transaction is written to the disk when it
    /// commits, whatever the server's settings, and all before it. Gives its `pg_class.oid`.
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

    /// Gives it its real name.
    ///
    /// # Errors
    /// A table of that name that has come up in the meantime.
    pub fn publish(&self, client: &mut Client) -> Result<()> {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&format!(
            "COMMENT ON TABLE {table} IS NULL; ALTER TABLE {table} RENAME TO {name}",
            table = self.table,
            name = quote(self.target.name())
        ))?;
        Ok(transaction.commit()?)
    }

    /// Drops it, after a failure. Where that fails as well, the next run does it.
    pub fn discard(&self, client: &mut Client) {
        let sql = format!("DROP TABLE IF EXISTS {}", self.table);
        let mut dropped = client.batch_execute(&sql);
        if dropped.as_ref().is_err_and(|error| SqlState::from(error) == SqlState::Cancelled) {
            // The cancellation was meant for what we did before, and is used up.
            dropped = client.batch_execute(&sql);
        }
        if let Err(error) = dropped {
            let error = Error::from(error);
            tracing::warn!("the table {} is left over, and goes with the next run: {error}", self.table);
        }
    }

    fn comment(&self) -> String {
        format!("pghaul: what is to become {}, still being filled", self.target)
    }
}
