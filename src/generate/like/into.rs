//! Rows into tables of a database: all tables, or none.

use super::create;
use super::plan::{Plan, TablePlan};
use super::source::Table;
use super::writer::Writer;
use crate::generate::chunks::useful_workers;
use crate::generate::load::Load;
use crate::pg::database::Database;
use crate::pg::ident::quote;
use crate::pg::lock;
use crate::report::UnitReport;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};
use std::ops::Range;
use std::time::Instant;

/// What is loaded.
pub struct Into<'i> {
    /// The tables.
    pub tables: &'i [Table],
    /// Their rows.
    pub plan: &'i Plan,
    /// Whether each of them is there already.
    pub exists: &'i [bool],
    /// Connections, and threads that make rows.
    pub workers: usize,
    /// Where the rows come from, for the report.
    pub source: &'i str,
    /// Counts the rows of all tables.
    pub progress: &'i Progress,
}

impl Into<'_> {
    /// Loads all tables.
    ///
    /// New ones are filled under other names, by a connection for each worker, and get their names and constraints by one
    /// transaction when all are filled. Where one is there already, one transaction fills all, table after table: others see what a
    /// connection commits.
    ///
    /// # Errors
    /// What the server reports; Ctrl-C. Nothing is left then.
    pub fn run(&self, database: &Database, client: &mut Client) -> Result<Vec<UnitReport>> {
        let is_small = |table: &TablePlan| useful_workers(self.workers, &table.records(u64::MAX)) == 1;
        let by_one =
            self.workers == 1 || self.exists.contains(&true) || self.plan.tables.iter().all(is_small);
        let units = match by_one {
            true => self.in_one_transaction(client)?,
            false => {
                let stagings: Vec<Staging> =
                    self.tables.iter().map(|table| Staging::of(&table.name)).collect();
                self.locked(&stagings, 0, client, database)?
            }
        };
        for table in self.tables {
            lock::analyze_or_warn(client, &table.name);
        }
        Ok(units)
    }

    fn writer(&self, number: usize) -> Writer<'_> {
        Writer::new(self.plan, self.tables, number)
    }

    /// Loads table number `number` by `send`.
    fn load(&self, number: usize, send: impl FnOnce(&Load<'_>) -> Result<u64>) -> Result<UnitReport> {
        let table = &self.tables[number];
        let started = Instant::now();
        let writer = self.writer(number);
        let records = writer.records(u64::MAX);
        let rows = records.end - records.start;
        let load = Load {
            columns: &writer.columns,
            format: writer.format(),
            records,
            workers: self.workers,
            progress: Some(self.progress),
            make: &|records: Range<u64>, rows: &mut Vec<u8>| writer.push(records, rows),
        };
        let bytes = timeline::during(Step::Copy, table.name.name(), || send(&load))
            .map_err(|error| error.at(Place::table(table.name.name())))?;
        let name = format!("{}.{}", table.name.schema(), table.name.name());
        Ok(UnitReport::made(name, self.source.to_owned(), rows, bytes, started.elapsed().as_secs_f64()))
    }

    fn in_one_transaction(&self, client: &mut Client) -> Result<Vec<UnitReport>> {
        let mut transaction = client.transaction()?;
        transaction.batch_execute("SET CONSTRAINTS ALL DEFERRED")?;
        for (table, _) in self.tables.iter().zip(self.exists).filter(|(_, exists)| !**exists) {
            execute(&mut transaction, table, &create::table(table, &table.name))
                .map_err(Error::into_refused)?;
        }
        let mut units: Vec<Option<UnitReport>> = self.tables.iter().map(|_| None).collect();
        for number in self.order()? {
            let (name, is_new) = (&self.tables[number].name, !self.exists[number]);
            let unit = self.load(number, |load| {
                load.by_one_stream(&mut transaction, name, is_new).map_err(|failure| failure.error)
            });
            units[number] = Some(unit?);
        }
        self.add_constraints(&mut transaction)?;
        interrupt::check()?;
        transaction.commit()?;
        Ok(units.into_iter().flatten().collect())
    }

    /// The tables so that each comes after those that it refers to, where these are there already and would be looked at.
    fn order(&self) -> Result<Vec<usize>> {
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.tables.len() {
            let waits_for = |number: usize| {
                self.tables[number].references.iter().any(|reference| {
                    let there = self.tables.iter().position(|table| table.name == reference.table);
                    let is_ahead = |there: usize| there == number || order.contains(&there);
                    self.exists[number]
                        && !reference.is_deferrable
                        && there.is_some_and(|there| !is_ahead(there))
                })
            };
            let next = (0..self.tables.len()).find(|number| !order.contains(number) && !waits_for(*number));
            let Some(next) = next else {
                return Err(Error::refused(
                    "the tables refer to each other in a circle, so no order fills them",
                )
                .remedy("let one of the foreign keys be DEFERRABLE, or drop the tables: --into makes them"));
            };
            order.push(next);
        }
        Ok(order)
    }

    /// Does the rest while no other run fills the same tables: with a lock for each, one after the other.
    fn locked(
        &self,
        stagings: &[Staging],
        number: usize,
        client: &mut Client,
        database: &Database,
    ) -> Result<Vec<UnitReport>> {
        match stagings.get(number) {
            Some(staging) => {
                staging.exclusively(client, |client| self.locked(stagings, number + 1, client, database))
            }
            None => {
                let mut created = 0;
                let units = self.staged(stagings, &mut created, client, database);
                if units.is_err() {
                    stagings[..created].iter().for_each(|staging| staging.discard(client));
                }
                units
            }
        }
    }

    /// Fills the staging tables and publishes them; counts those that were `created`, which go after a failure.
    fn staged(
        &self,
        stagings: &[Staging],
        created: &mut usize,
        client: &mut Client,
        database: &Database,
    ) -> Result<Vec<UnitReport>> {
        for (table, staging) in self.tables.iter().zip(stagings) {
            staging
                .try_target(client, |name| create::table(table, name))
                .and_then(|()| staging.create(client, &create::table(table, staging.table())))
                .map_err(|error| error.into_refused().at(Place::table(table.name.name())))?;
            *created += 1;
        }
        let mut more = database.connect_up_to(None, self.workers);
        let mut units = Vec::new();
        for (number, staging) in stagings.iter().enumerate() {
            // Where the server has no room for more, the connection that is there does it.
            let streams = if more.is_empty() { std::slice::from_mut(&mut *client) } else { &mut more[..] };
            units.push(self.load(number, |load| load.by_many_streams(streams, staging.table()))?);
        }
        interrupt::check()?;
        let mut transaction = client.transaction()?;
        for (table, staging) in self.tables.iter().zip(stagings) {
            staging
                .publish_in(&mut transaction)
                .map_err(|error| error.at(Place::table(table.name.name())))?;
        }
        self.add_constraints(&mut transaction)?;
        transaction.commit()?;
        Ok(units)
    }

    /// Adds keys, then foreign keys, to the new tables, and moves sequences behind the rows.
    fn add_constraints(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let mut running = timeline::begin(Step::Index, "keys and foreign keys");
        let new =
            || self.tables.iter().zip(self.exists).filter(|(_, exists)| !**exists).map(|(table, _)| table);
        for table in new() {
            create::identities(table).try_for_each(|sql| execute(transaction, table, &sql))?;
            create::keys(table).try_for_each(|sql| execute(transaction, table, &sql))?;
        }
        for table in new() {
            create::references(table).try_for_each(|sql| execute(transaction, table, &sql))?;
        }
        self.tables.iter().try_for_each(|table| move_sequences(transaction, table))?;
        running.end();
        Ok(())
    }
}

fn execute(transaction: &mut Transaction<'_>, table: &Table, sql: &str) -> Result<()> {
    transaction.batch_execute(sql).map_err(|error| Error::from(error).at(Place::table(table.name.name())))
}

/// Moves the sequences of a table's columns behind their values; those of the table that is there count, which need not be those
/// of the table that it is made like.
fn move_sequences(transaction: &mut Transaction<'_>, table: &Table) -> Result<()> {
    let name = table.name.to_string();
    for column in table.columns.iter().filter(|column| column.has_default) {
        let sql = "SELECT pg_get_serial_sequence($1, $2)";
        let Some(sequence) = transaction.query_one(sql, &[&name, &column.name])?.get::<_, Option<String>>(0)
        else {
            continue;
        };
        let last = quote(&column.name);
        transaction.execute(
            &format!(
                "SELECT setval($1::text::regclass, greatest(t.last, s.last_value)) \
                 FROM (SELECT max({last})::bigint AS last FROM {name}) t, {sequence} s WHERE t.last IS NOT NULL"
            ),
            &[&sequence],
        )?;
    }
    Ok(())
}
