//! Rows by way of a staging table, which several connections fill, and the transaction in which all of them become visible.
//!
//! With `replace` the staging table takes the target's place, with its indexes, constraints and grants. A view, a foreign key
//! that refers to the target, or a mother uses the table itself and not its name, and would stop that. Such a target keeps its
//! place: one transaction deletes its rows and inserts the new ones. That takes longer, and leaves the room of the old rows to
//! VACUUM. Readers see all old rows or all new ones either way.

use super::table::{TargetTable, create_statement, display_name};
use crate::config::Mode;
use crate::copy::encode::CopyColumn;
use crate::pg::catalog::Column;
use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::type_name::TypeName;
use crate::table::additions::Replacement;
use crate::table::staging::Staging;
use crate::table::upsert::{assignment, difference};
use crate::{Place, Result};
use postgres::{Client, GenericClient, Transaction};

/// How long a staging table keeps its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Until a crash of the server, for a job that then begins again. The rows are written without WAL, unless the table
    /// itself will become the target.
    UntilCrash,
    /// Until they are published, for a job that a later run continues.
    Always,
}

/// A staging table, and the way in which its rows become the target's.
#[derive(Debug)]
pub struct Stage {
    staging: Staging,
    way: Way,
}

#[derive(Debug, PartialEq, Eq)]
enum Way {
    /// It becomes the target, which does not exist.
    Rename,
    /// It takes the target's place.
    Swap,
    /// Its rows take the place of the target's rows.
    Rows,
    /// Its rows are added or merged.
    Insert,
}

impl Stage {
    /// The table to copy into.
    pub fn table(&self) -> &Qualified {
        self.staging.table()
    }

    /// Whether its rows are inserted into a table that keeps its place, so that the triggers of that see them.
    pub fn is_inserted(&self) -> bool {
        matches!(self.way, Way::Rows | Way::Insert)
    }

    /// Drops it after a failure. Where that fails as well, the next run drops it.
    pub fn discard(&self, client: &mut Client) {
        self.staging.discard(client);
    }
}

impl TargetTable {
    /// Creates the staging table, in the place of one that an earlier run has left.
    ///
    /// # Errors
    /// What the server reports.
    pub fn stage(&self, client: &mut Client, durability: Durability) -> Result<Stage> {
        let stage = Stage { staging: Staging::of(&self.table), way: self.way(client)? };
        let create = self.staging_statement(client, stage.table(), &stage.way, durability)?;
        stage.staging.create(client, &create)?;
        Ok(stage)
    }

    /// The staging table that an earlier run has left, for a run that continues it; none where it is gone, or where the
    /// target has other columns by now.
    ///
    /// # Errors
    /// What the server reports.
    pub fn leftover_stage(&self, client: &mut Client) -> Result<Option<Stage>> {
        let stage = Stage { staging: Staging::of(&self.table), way: self.way(client)? };
        if !stage.staging.is_ours(client)? {
            return Ok(None);
        }
        // It is compared with the table that would be created now, by their columns.
        let sql = "SELECT string_agg(format('%I %s %s', attname, format_type(atttypid, atttypmod), attnotnull), ',' \
                   ORDER BY attnum) FROM pg_attribute \
                   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
        let trial = Qualified::new(self.table.schema(), "pghaul_trial");
        let create = self.staging_statement(client, &trial, &stage.way, Durability::Always)?;
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&create)?;
        let columns = |transaction: &mut Transaction<'_>, table: &Qualified| -> Result<Option<String>> {
            Ok(transaction.query_one(sql, &[&table.to_string()])?.get(0))
        };
        let same = columns(&mut transaction, &trial)? == columns(&mut transaction, stage.table())?;
        transaction.rollback()?;
        Ok(same.then_some(stage))
    }

    /// Makes the rows of the staging table the target's, in a transaction of the caller, which also writes the job's ledger
    /// row. The staging table is gone afterwards. Returns how many rows of the target have changed.
    ///
    /// # Errors
    /// Rows that a constraint does not allow; sessions that use the target for too long; what the server reports; Ctrl-C.
    pub fn publish(&self, stage: &Stage, transaction: &mut Transaction<'_>) -> Result<u64> {
        self.publish_rows(stage, transaction)
            .map_err(|error| error.at(Place::table(display_name(&self.table))))
    }

    fn publish_rows(&self, stage: &Stage, transaction: &mut Transaction<'_>) -> Result<u64> {
        let (from, into) = (stage.table(), &self.table);
        let count = |transaction: &mut Transaction<'_>| -> Result<u64> {
            let count: i64 = transaction.query_one(&format!("SELECT count(*) FROM {from}"), &[])?.get(0);
            Ok(u64::try_from(count).unwrap_or(0))
        };
        match stage.way {
            Way::Rename => {
                let rows = count(transaction)?;
                transaction.batch_execute(&format!(
                    "COMMENT ON TABLE {from} IS NULL; ALTER TABLE {from} RENAME TO {}",
                    quote(into.name())
                ))?;
                Ok(rows)
            }
            Way::Swap => {
                let rows = count(transaction)?;
                let comment = self.relation.as_ref().and_then(|relation| relation.comment.as_deref());
                let comment = comment.map_or("NULL".to_owned(), literal);
                transaction.batch_execute(&format!("COMMENT ON TABLE {from} IS {comment}"))?;
                self.replacement(from).swap(transaction)?;
                Ok(rows)
            }
            Way::Rows => {
                // Another writer must not lose rows without a word. Readers need not wait.
                transaction.batch_execute(&format!(
                    "LOCK TABLE {into} IN SHARE ROW EXCLUSIVE MODE; DELETE FROM {into}"
                ))?;
                let rows = transaction.execute(&self.insert_statement(from), &[])?;
                transaction.batch_execute(&format!("DROP TABLE {from}"))?;
                Ok(rows)
            }
            Way::Insert => {
                let statement = match self.mode {
                    Mode::Upsert => upsert_statement(self, from),
                    _ => self.insert_statement(from),
                };
                let rows = transaction.execute(&statement, &[])?;
                transaction.batch_execute(&format!("DROP TABLE {from}"))?;
                Ok(rows)
            }
        }
    }

    fn way(&self, client: &mut impl GenericClient) -> Result<Way> {
        let Some(relation) = &self.relation else { return Ok(Way::Rename) };
        if self.mode != Mode::Replace {
            return Ok(Way::Insert);
        }
        let obstacles = if relation.kind != 'r' || relation.partition || !relation.owned {
            vec!["it is a partitioned table or a partition, or another role's".to_owned()]
        } else {
            self.replacement(&self.table).obstacles(client)?
        };
        if obstacles.is_empty() {
            return Ok(Way::Swap);
        }
        let (table, why) = (display_name(&self.table), obstacles.join(", "));
        tracing::info!("{table} keeps its place, and its rows are replaced, because of: {why}");
        Ok(Way::Rows)
    }

    fn replacement(&self, new: &Qualified) -> Replacement {
        let columns = self.relation.iter().flat_map(|relation| &relation.columns);
        Replacement {
            old: self.table.clone(),
            mother: None,
            new: new.clone(),
            columns: columns.map(|column| column.name.clone()).collect(),
            follower: None,
        }
    }

    fn staging_statement(
        &self,
        client: &mut impl GenericClient,
        table: &Qualified,
        way: &Way,
        durability: Durability,
    ) -> Result<String> {
        Ok(match way {
            Way::Rename => {
                let column = |column: &CopyColumn| {
                    Column::plain(&column.name, TypeName::from_server(column.type_name.clone()))
                };
                create_statement(table, &self.columns.iter().map(column).collect::<Vec<_>>(), &[])
            }
            Way::Swap => {
                let kind = if self.is_logged() { "TABLE" } else { "UNLOGGED TABLE" };
                format!(
                    "CREATE {kind} {table} (LIKE {} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE)",
                    self.table
                )
            }
            Way::Rows | Way::Insert => {
                let kind = if durability == Durability::Always { "TABLE" } else { "UNLOGGED TABLE" };
                format!("CREATE {kind} {table} ({})", self.column_clauses(client)?)
            }
        })
    }

    fn insert_statement(&self, from: &Qualified) -> String {
        let columns = self.column_list();
        format!("INSERT INTO {} ({columns}) SELECT {columns} FROM {from}", self.table)
    }
}

/// The statement that merges the rows of `from` into the target: the last one of each key, unless the target has an equal one.
/// Rows come in the order of the key, so two transactions never wait for each other in a circle.
pub(super) fn upsert_statement(target: &TargetTable, from: &Qualified) -> String {
    let columns = target.column_list();
    let key: Vec<String> = target.key.iter().map(|name| quote(name)).collect();
    let key = key.join(", ");
    let others: Vec<_> = target.columns.iter().filter(|column| !target.key.contains(&column.name)).collect();
    let mut statement = format!(
        "INSERT INTO {} AS t ({columns}) SELECT DISTINCT ON ({key}) {columns} FROM {from} ORDER BY {key}, ctid DESC \
         ON CONFLICT ({key}) ",
        target.table
    );
    if others.is_empty() {
        statement.push_str("DO NOTHING");
        return statement;
    }
    let set: Vec<String> = others.iter().map(|column| assignment(&column.name)).collect();
    let differs: Vec<String> =
        others.iter().map(|column| difference(&column.name, &column.type_name)).collect();
    statement.push_str(&format!("DO UPDATE SET {} WHERE {}", set.join(", "), differs.join(" OR ")));
    statement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upsert_takes_the_last_of_each_key_and_leaves_equal_rows_alone() {
        let column = |name: &str, type_name: &str| CopyColumn::new(name, type_name);
        let mut target = TargetTable {
            table: Qualified::new("s", "t"),
            mode: Mode::Upsert,
            key: vec!["id".into()],
            columns: vec![column("id", "integer"), column("doc", "json"), column("n", "integer")],
            relation: None,
        };
        let from = Qualified::new("s", "f");
        assert_eq!(
            upsert_statement(&target, &from),
            "INSERT INTO \"s\".\"t\" AS t (\"id\", \"doc\", \"n\") SELECT DISTINCT ON (\"id\") \"id\", \"doc\", \"n\" \
             FROM \"s\".\"f\" ORDER BY \"id\", ctid DESC ON CONFLICT (\"id\") DO UPDATE SET \"doc\" = excluded.\"doc\", \
             \"n\" = excluded.\"n\" WHERE t.\"doc\"::text IS DISTINCT FROM excluded.\"doc\"::text OR \
             t.\"n\" IS DISTINCT FROM excluded.\"n\""
        );
        target.columns.truncate(1);
        assert!(upsert_statement(&target, &from).ends_with("ON CONFLICT (\"id\") DO NOTHING"));
    }
}
