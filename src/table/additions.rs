//! The indexes, constraints, grants and so on that users have put on a table, and how they come over to the table that takes
//! its place.
//!
//! Most of them are put on the new table while no other session sees that. Those that need the old table's name, or take no
//! time, follow in the transaction that swaps the two.

use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::pg::sqlstate::SqlState;
use crate::{Error, Result};
use postgres::{GenericClient, Transaction};
use std::time::Duration;

/// A table that is replaced, and the one that takes its place.
#[derive(Debug)]
pub struct Replacement {
    /// The table that is replaced.
    pub old: Qualified,
    /// Its mother, where it is a version table.
    pub mother: Option<Qualified>,
    /// The table that takes its place.
    pub new: Qualified,
    /// The columns of the new table.
    pub columns: Vec<String>,
    /// A view that uses the old table and will use the new one, with the comment that tells it from other views of its name.
    pub follower: Option<(Qualified, &'static str)>,
}

/// The additions of users to the old table that can come over.
#[derive(Debug, PartialEq, Eq)]
pub struct Additions(Vec<Addition>);

#[derive(Debug, PartialEq, Eq)]
struct Addition {
    moment: Moment,
    /// What it is, in words; none where it belongs to another addition.
    what: Option<String>,
    statement: String,
    /// The columns that it needs and the new table lacks.
    lost: Vec<String>,
}

/// When the statement of an addition is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While no other session sees the new table.
    Hidden,
    /// Then as well, but the statement locks another table.
    LocksAnother,
    /// When the new table has the old one's name.
    Named,
}

impl Moment {
    /// The moment of a number that `additions.sql` gives.
    fn of(number: i32) -> Moment {
        match number {
            0 => Moment::Hidden,
            1 => Moment::LocksAnother,
            _ => Moment::Named,
        }
    }
}

impl Replacement {
    /// Reads the additions of users to the old table.
    ///
    /// # Errors
    /// What the server reports.
    pub fn additions(&self, client: &mut impl GenericClient) -> Result<Additions> {
        let [old, new] = [&self.old, &self.new].map(Qualified::to_string);
        let mother = self.mother.as_ref().map(Qualified::to_string);
        let rows = client.query(include_str!("additions.sql"), &[&old, &mother, &new, &self.columns])?;
        let addition = |row: &postgres::Row| Addition {
            moment: Moment::of(row.get(0)),
            what: row.get(1),
            statement: row.get(2),
            lost: row.get(3),
        };
        Ok(Additions(rows.iter().map(addition).collect()))
    }

    /// What cannot come over and must not be lost without a word, in words: for example views that use the old table.
    ///
    /// # Errors
    /// What the server reports.
    pub fn obstacles(&self, client: &mut impl GenericClient) -> Result<Vec<String>> {
        let sql = include_str!("obstacles.sql");
        let (follower, comment) =
            self.follower.as_ref().map(|(view, comment)| (view.to_string(), *comment)).unzip();
        let mother = self.mother.as_ref().map(Qualified::to_string);
        let rows =
            client.query(sql, &[&self.old.to_string(), &mother, &self.columns, &follower, &comment])?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Checks that there are no obstacles.
    ///
    /// # Errors
    /// The obstacles, with what helps; what the server reports.
    pub fn check(&self, client: &mut impl GenericClient) -> Result<()> {
        let obstacles = self.obstacles(client)?;
        if obstacles.is_empty() {
            return Ok(());
        }
        let (table, obstacles) = (self.old.name(), obstacles.join(", "));
        Err(Error::failed(format!("{table} is not replaced, since that would break or lose: {obstacles}"))
            .remedy(self.remedy()))
    }

    /// What helps where something depends on the old table.
    pub fn remedy(&self) -> &'static str {
        match self.mother {
            Some(_) => "drop what depends on the old version table, or let it use the mother",
            None => "drop what depends on the old table, and run again",
        }
    }
}

impl Additions {
    /// The additions that come over, in words.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|addition| addition.lost.is_empty())
            .filter_map(|addition| addition.what.as_deref())
    }

    /// The additions that do not, since they need columns that are gone; in words.
    pub fn lost(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter(|addition| !addition.lost.is_empty()).filter_map(|addition| {
            let what = addition.what.as_deref()?;
            Some(format!("{what} (needs {})", addition.lost.join(", ")))
        })
    }

    /// Puts the additions on the new table that need not wait for its name. Locks of other tables are waited for no longer
    /// than `patience`.
    ///
    /// # Errors
    /// Rows that a constraint does not allow; what the server reports. The transaction has failed then.
    pub fn put_on_hidden(
        &self,
        replacement: &Replacement,
        patience: Duration,
        transaction: &mut Transaction<'_>,
    ) -> Result<()> {
        revoke_default_grants(&replacement.new, transaction)?;
        for addition in self.at(Moment::Hidden) {
            tracing::debug!("{}", addition.statement);
            transaction
                .batch_execute(&addition.statement)
                .map_err(|error| addition.does_not_fit(error.into(), replacement))?;
        }
        for addition in self.at(Moment::LocksAnother) {
            lock::execute_in_tries(transaction, patience, "a table that is referenced", &addition.statement)
                .map_err(|error| addition.does_not_fit(error, replacement))?;
        }
        Ok(())
    }

    /// The statements for the time when the new table has the old one's name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.at(Moment::Named).map(|addition| addition.statement.as_str())
    }

    fn at(&self, moment: Moment) -> impl Iterator<Item = &Addition> {
        self.0.iter().filter(move |addition| addition.moment == moment && addition.lost.is_empty())
    }
}

impl Addition {
    fn does_not_fit(&self, error: Error, replacement: &Replacement) -> Error {
        // The remedy is for a duplicate key or a type that no longer fits, and not for a server that is gone.
        let is_of_rows =
            |kind: SqlState| kind == SqlState::BadValue || kind.is_of_constraint() || kind.is_of_statement();
        match (SqlState::from(&error), &self.what) {
            (SqlState::LockTimeout, Some(what)) => error.remedy(format!(
                "someone has been using the table that {what} refers to for too long; run again when they are done"
            )),
            (kind, Some(what)) if is_of_rows(kind) => {
                let (table, source) = match replacement.mother {
                    Some(_) => ("version table", "dump"),
                    None => ("table", "rows"),
                };
                let remedy = format!("the old {table}'s {what} does not fit the new one; correct the {source}, or drop it");
                error.remedy(remedy)
            }
            _ => error,
        }
    }
}

/// Revokes what `ALTER DEFAULT PRIVILEGES` has granted on a new table: the old table's grants count.
fn revoke_default_grants(new: &Qualified, transaction: &mut Transaction<'_>) -> Result<()> {
    let sql = "SELECT DISTINCT CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END \
               FROM pg_class c, aclexplode(c.relacl) e WHERE c.oid = to_regclass($1) AND e.grantee <> c.relowner";
    for row in transaction.query(sql, &[&new.to_string()])? {
        transaction.batch_execute(&format!("REVOKE ALL ON TABLE {new} FROM {}", row.get::<_, &str>(0)))?;
    }
    Ok(())
}
