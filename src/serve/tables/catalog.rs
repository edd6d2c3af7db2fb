//! The tables that the configuration names, as the database describes them.

use super::table::{Described, Relation, Table, Version};
use crate::config::Verb;
use crate::pg::catalog::{kind_name, with_comparisons};
use crate::pg::trust;
use crate::serve::database::connection::Connection;
use crate::serve::settings::TableSettings;
use crate::{Error, Place, Result};
use std::collections::HashMap;

/// The tables, by their paths.
#[derive(Debug, Default)]
pub struct Tables(HashMap<String, Table>);

/// A row of the ledger: the version that a version table holds.
struct LedgerRow {
    schema: String,
    unit: String,
    version: String,
}

impl Tables {
    /// Reads the tables from the catalog and the ledger.
    ///
    /// The second list has an error for each table that cannot be served: it does not exist, has no rows, or lacks a column
    /// of its key or one that may be written.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn load(wanted: &[TableSettings], connection: &Connection) -> Result<(Tables, Vec<Error>)> {
        let names: Vec<&str> = wanted.iter().map(|table| table.quoted.as_str()).collect();
        let rows = connection.query(&with_comparisons(include_str!("tables.sql")), &[&names]).await?;
        let mut described: HashMap<String, Vec<Described>> = HashMap::new();
        for row in rows {
            let one: Described = serde_json::from_str(row.get(0)).map_err(Error::refused)?;
            described.entry(one.asked.clone()).or_default().push(one);
        }
        let loaded = ledger(connection).await?;
        let mut tables = HashMap::new();
        let mut errors = Vec::new();
        for settings in wanted {
            let found = described.remove(&settings.quoted).unwrap_or_default();
            match table(settings, found, &loaded) {
                Ok(table) => drop(tables.insert(settings.path.clone(), table)),
                Err(error) => errors.push(error.at(Place::table(&settings.path))),
            }
        }
        Ok((Tables(tables), errors))
    }

    /// The table with this path.
    pub fn get(&self, path: &str) -> Option<&Table> {
        self.0.get(path)
    }

    /// All tables, ordered by path.
    pub fn all(&self) -> Vec<&Table> {
        let mut all: Vec<&Table> = self.0.values().collect();
        all.sort_by_key(|table| &table.settings.path);
        all
    }
}

/// Whether the database has a ledger that the service's role may read.
///
/// # Errors
/// A ledger of a role that is not trusted; what the server reports.
pub async fn has_readable_ledger(connection: &Connection) -> Result<bool> {
    let rows = connection.query(include_str!("ledger.sql"), &[]).await?;
    if !rows.first().is_some_and(|row| row.get(0)) {
        return Ok(false);
    }
    trust::judge(&connection.query(trust::UNTRUSTED, &[&"pghaul", &None::<&[&str]>, &None::<u32>]).await?)?;
    Ok(true)
}

async fn ledger(connection: &Connection) -> Result<Vec<LedgerRow>> {
    if !has_readable_ledger(connection).await? {
        return Ok(Vec::new());
    }
    let rows = connection.query("SELECT schema_name, unit, version FROM pghaul.loads", &[]).await?;
    Ok(rows
        .iter()
        .map(|row| LedgerRow { schema: row.get(0), unit: row.get(1), version: row.get(2) })
        .collect())
}

fn table(settings: &TableSettings, found: Vec<Described>, loaded: &[LedgerRow]) -> Result<Table> {
    let is_mother = found.iter().any(|one| one.child);
    let mut found = found.into_iter();
    let Some(whole) = found.next() else {
        return Err(Error::refused("serve.tables names a table that does not exist")
            .remedy("load it first, or name its schema: SCHEMA.TABLE"));
    };
    if !["r", "p", "v", "m", "f"].contains(&whole.kind.as_str()) {
        let kind = kind_name(whole.kind.chars().next().unwrap_or('?'));
        return Err(Error::refused(format!("serve.tables names {kind}, which has no rows to serve")));
    }
    if whole.kind == "m" && settings.verbs.iter().any(|verb| *verb != Verb::Get) {
        return Err(Error::refused("a materialized view can only be read").remedy("grant no verb but get"));
    }
    for column in settings.key.iter().chain(settings.write.iter().flatten()) {
        if whole.columns.iter().all(|known| known.name != *column) {
            return Err(Error::refused(format!("it has no column {column:?}"))
                .remedy("correct key and write under serve.tables"));
        }
    }
    let relation = Relation::new(whole, settings, is_mother);
    let versions = found.map(|child| {
        let of_child = |load: &&LedgerRow| load.schema == child.schema && load.unit == child.name;
        let names = loaded.iter().filter(of_child).map(|load| load.version.clone()).collect();
        Version { names, relation: Relation::new(child, settings, false) }
    });
    Ok(Table { settings: settings.clone(), versions: versions.collect(), relation })
}
