//! Users straight into a table, by COPY in its binary format.

use super::binary::Shape;
use super::made::Made;
use super::record::Users;
use super::settings::{Settings, TableSettings};
use crate::copy::encode::{CopyColumn, RowFormat};
use crate::generate::chunks::useful_workers;
use crate::generate::load::{Load, Make};
use crate::pg::catalog::{self, Persistence, Relation};
use crate::pg::database::Database;
use crate::pg::ident::{self, Qualified, quote};
use crate::pg::{cost, lock, trust};
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::table::staging::Staging;
use crate::{Error, Place, Result};
use postgres::Client;
use std::ops::Range;
use std::time::Instant;

/// Loads users into a table: all of them, or none.
///
/// One connection per worker fills a new table, which has another name until it is complete. A table that exists gets its
/// rows in one transaction, and so by one connection: the workers only make them.
///
/// # Errors
/// A table that exists and may not get rows, or that has other columns; errors of the server; Ctrl-C.
pub fn load_table(
    settings: &Settings,
    table: &TableSettings,
    database: &Database,
    verbosity: Verbosity,
) -> Result<Made> {
    let shape = if table.flat { Shape::Flat } else { Shape::Nested };
    let mut client = database.connect()?;
    let target = target(&table.name, &mut client)?;
    let existing = catalog::relations(&mut client, target.schema(), &[target.name()])?.remove(target.name());
    let load = TableLoad {
        settings,
        users: Users::new(settings.seed, settings.unique_accounts),
        shape,
        columns: shape.columns(),
        progress: Progress::of_one(verbosity, "users", settings.count(), false),
    };
    cost::log_costs(&mut client, load.writes(existing.as_ref()));
    let started = Instant::now();
    let bytes = match existing {
        Some(relation) => {
            check_takes_rows(&relation, table.append, &load.columns)
                .and_then(|()| trust::check(&mut client, target.schema(), &[target.name()]))
                .map_err(|error| at(error, &target))?;
            load.by_one_stream(&mut client, &target, false)?
        }
        None => {
            let staging = Staging::of(&target);
            staging
                .exclusively(&mut client, |client| load.new_table(database, client, &staging, &target))
                .map_err(|error| at(error, &target))?
        }
    };
    lock::analyze_or_warn(&mut client, &target);
    Ok(Made::since(started, settings.count(), bytes))
}

/// The table of that name: in its schema, or else in the schema where the server creates tables.
fn target(name: &str, client: &mut Client) -> Result<Qualified> {
    let (schema, table) = match name.split_once('.') {
        Some((schema, table)) => (Some(schema.to_owned()), table),
        None => (catalog::first_schema(client)?, name),
    };
    let schema = schema.ok_or_else(|| {
        Error::refused("no schema of the search path exists").remedy("name one: --into SCHEMA.TABLE")
    })?;
    for name in [&schema, table] {
        if let Some(why) = ident::refusal(name) {
            return Err(Error::refused(format!("--into has {why}")).remedy("name TABLE or SCHEMA.TABLE"));
        }
    }
    Ok(Qualified::new(schema, table))
}

/// Refuses a table that cannot get rows.
fn check_takes_rows(relation: &Relation, append: bool, columns: &[CopyColumn]) -> Result<()> {
    if !matches!(relation.kind, 'r' | 'p') {
        return Err(Error::refused(format!("is {}, which takes no rows", relation.kind_name()))
            .remedy("name a table with --into"));
    }
    if !append {
        return Err(Error::refused("exists already")
            .remedy("add --append to add rows to it, or name another table with --into"));
    }
    // Binary values belong to one type: with another type, the server would misread or refuse them.
    let wrong = |column: &CopyColumn| {
        let CopyColumn { name, type_name, .. } = column;
        let Some(found) = relation.columns.iter().find(|found| found.name == *name) else {
            return Some(format!("{name} {type_name} is missing"));
        };
        if found.generated {
            return Some(format!("{name} is generated"));
        }
        let found = found.type_name.as_str();
        (found != type_name).then(|| format!("{name} is {found}, not {type_name}"))
    };
    let wrong: Vec<String> = columns.iter().filter_map(wrong).collect();
    if !wrong.is_empty() {
        return Err(Error::refused(format!(
            "does not have the columns of these users: {}",
            wrong.join(", ")
        ))
        .remedy("name a new table with --into, or see whether --flat is what makes the difference"));
    }
    Ok(())
}

fn at(error: Error, table: &Qualified) -> Error {
    error.at(Place::table(table.name()))
}

/// A load, and what all its streams share.
struct TableLoad<'l> {
    settings: &'l Settings,
    users: Users,
    shape: Shape,
    columns: Vec<CopyColumn>,
    progress: Progress,
}

impl TableLoad<'_> {
    /// What the load writes, estimated by the first row.
    fn writes(&self, existing: Option<&Relation>) -> cost::Volume {
        let records = &self.settings.records;
        let mut row = Vec::new();
        for index in records.clone().take(1) {
            self.shape.push(&mut row, &self.users.user(index));
        }
        let bytes = self.settings.count().saturating_mul(row.len() as u64);
        match existing {
            Some(table) if table.persistence != Persistence::Logged => cost::Volume::default(),
            None if useful_workers(self.settings.workers, records) == 1 => {
                cost::Volume { new_bytes: bytes, ..cost::Volume::default() }
            }
            _ => cost::Volume { old_bytes: bytes, ..cost::Volume::default() },
        }
    }

    /// Loads in one transaction; returns the bytes that were sent.
    fn by_one_stream(&self, client: &mut Client, table: &Qualified, create: bool) -> Result<u64> {
        let mut running = timeline::begin(Step::Copy, table.name());
        let mut transaction = client.transaction()?;
        if create {
            let sql = format!("CREATE TABLE {table} ({})", self.column_clauses());
            transaction.batch_execute(&sql).map_err(|error| Error::from(error).into_refused())?;
        }
        let make = |records, rows: &mut Vec<u8>| self.push(records, rows);
        let bytes = self
            .load(&make)
            .by_one_stream(&mut transaction, table, create)
            .map_err(|failure| failure.error)?;
        transaction.commit()?;
        running.end();
        Ok(bytes)
    }

    fn load<'l>(&'l self, make: &'l Make<'l>) -> Load<'l> {
        Load {
            columns: &self.columns,
            format: RowFormat::Binary,
            records: self.settings.records.clone(),
            workers: self.settings.workers,
            progress: Some(&self.progress),
            make,
        }
    }

    /// Fills a new table, with a stream for each worker that gets a connection.
    fn new_table(
        &self,
        database: &Database,
        client: &mut Client,
        staging: &Staging,
        target: &Qualified,
    ) -> Result<u64> {
        match useful_workers(self.settings.workers, &self.settings.records) {
            1 => self.by_one_stream(client, target, true),
            workers => match database.connect_up_to(None, workers) {
                streams if streams.len() > 1 => self.by_many_streams(streams, client, staging),
                _ => self.by_one_stream(client, target, true),
            },
        }
    }

    /// Loads in several transactions into a staging table, which then gets its name; returns the bytes that were sent.
    fn by_many_streams(
        &self,
        mut streams: Vec<Client>,
        client: &mut Client,
        staging: &Staging,
    ) -> Result<u64> {
        let create = |table: &Qualified| format!("CREATE TABLE {table} ({})", self.column_clauses());
        staging
            .try_target(client, create)
            .and_then(|()| staging.create(client, &create(staging.table())))
            .map_err(Error::into_refused)?;
        let make = |records, rows: &mut Vec<u8>| self.push(records, rows);
        let bytes = self.load(&make).by_many_streams(&mut streams, staging.table());
        let published = bytes.and_then(|bytes| {
            interrupt::check()?;
            timeline::during(Step::Publish, staging.table().name(), || staging.publish(client))?;
            Ok(bytes)
        });
        if published.is_err() {
            staging.discard(client);
        }
        published
    }

    fn push(&self, records: Range<u64>, rows: &mut Vec<u8>) -> Result<()> {
        for index in records {
            self.shape.push(rows, &self.users.user(index));
        }
        Ok(())
    }

    fn column_clauses(&self) -> String {
        let clause = |column: &CopyColumn| format!("{} {}", quote(&column.name), column.type_name);
        self.columns.iter().map(clause).collect::<Vec<_>>().join(", ")
    }
}
