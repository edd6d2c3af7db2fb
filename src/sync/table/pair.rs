//! The pair of tables, and the statements that move rows from one to the other.

use super::cursor::Cursor;
use super::same;
use super::shape::{Shape, ShapeColumn};
use crate::pg::catalog;
use crate::pg::ident::{Qualified, quote};
use crate::sync::settings::Settings;
use crate::table::upsert::assignment;
use crate::{Error, Place, Result};
use postgres::Client;

/// The temporary table that a window is copied into.
pub const WINDOW: &str = "pg_temp.pghaul_window";

/// Both tables, with key and cursor.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The source's table.
    pub source: Shape,
    /// The destination's table.
    pub table: Qualified,
    /// The columns that identify a row; empty without a key.
    pub key: Vec<String>,
    /// The column that grows with every change.
    pub cursor: Option<Cursor>,
    /// The column that soft deletes set.
    pub mark: Option<String>,
    /// Whether the databases have different encodings.
    pub any_encoding: bool,
    /// The triggers of the destination's table that may change a row, or leave it out, before it is written.
    pub row_triggers: Option<String>,
}

impl Pair {
    /// Checks key and cursor against the source.
    ///
    /// # Errors
    /// A key or a cursor whose columns the source lacks, or that do not qualify; exit code 2.
    pub fn new(client: &mut Client, source: Shape, table: Qualified, settings: &Settings) -> Result<Pair> {
        let at = Place::table(source.table.to_string());
        if !source.is_table() {
            return Err(Error::refused("is a view, whose changes cannot be followed")
                .at(at)
                .remedy("give --mode full to have it synced whole"));
        }
        let cursor = settings.cursor.as_deref().map(|name| settings.name_of_column(name));
        let cursor = cursor.map(|name| Cursor::of(&source, name)).transpose();
        let cursor = cursor.map_err(|error| error.at(at.clone()))?;
        let key = match settings.key.is_empty() {
            true => source.primary_key.clone(),
            false => settings.key.iter().map(|name| settings.name_of_column(name).to_owned()).collect(),
        };
        check_key(client, &source, &key).map_err(|error| error.at(at))?;
        let mark = settings.soft().then(|| settings.deleted_column.clone());
        Ok(Pair { source, table, key, cursor, mark, any_encoding: false, row_triggers: None })
    }

    /// Takes the destination's table into account: texts are compared where one of the two columns needs it.
    pub fn consider(&mut self, destination: &Shape) {
        self.row_triggers.clone_from(&destination.row_triggers);
        for column in &mut self.source.columns {
            if let Some(there) = destination.column(&column.name) {
                column.by_text |= there.by_text;
                column.ordered &= there.ordered;
            }
        }
    }

    /// The columns of the key.
    pub fn key_columns(&self) -> impl Iterator<Item = &ShapeColumn> {
        same::key_columns(&self.source, &self.key)
    }

    /// The cursor. Everything but the initial load needs it, and a key.
    ///
    /// # Errors
    /// No key or no cursor, exit code 2.
    pub fn followed(&self) -> Result<&Cursor> {
        let at = || Place::table(self.source.table.to_string());
        if self.key.is_empty() {
            return Err(Error::refused(
                "has no primary key, so its changes cannot be followed",
            )
            .at(at())
            .remedy("name columns that have a unique index with --key, or give --mode full to have it synced whole"));
        }
        self.cursor.as_ref().ok_or_else(|| {
            Error::refused("changes cannot be followed without a column that grows with every change")
                .at(at())
                .remedy("name it with --cursor, or give --mode full to have the table synced whole")
        })
    }

    /// The format of COPY: binary, if the binary form of each type means the same to both servers.
    pub fn format(&self) -> &'static str {
        if self.source.copied().all(|column| column.binary) { "binary" } else { "text" }
    }

    /// The columns that are copied, as a list of SQL.
    pub fn columns(&self) -> String {
        list(self.source.copied().map(|column| column.name.as_str()))
    }

    /// The columns of the key, as a list of SQL.
    pub fn key_list(&self) -> String {
        list(self.key.iter().map(String::as_str))
    }

    /// The statement that reads the source's rows that fulfil `condition`.
    pub fn copy_to(&self, condition: &str, order: &str) -> String {
        format!(
            "COPY (SELECT {} FROM {} WHERE {condition}{order}) TO STDOUT (FORMAT {})",
            self.columns(),
            self.source.rows(),
            self.format()
        )
    }

    /// The statement that writes such rows into a table of the destination.
    pub fn copy_from(&self, table: &str) -> String {
        format!("COPY {table} ({}) FROM STDIN (FORMAT {})", self.columns(), self.format())
    }

    /// The condition that a row `t` of the destination's table has the key of the row `w` of the window.
    pub fn has_window_key(&self) -> String {
        same::key_equals(&self.source, &self.key, "t", |_, column| format!("w.{}", quote(&column.name)))
    }

    /// The statement that counts the rows of the window that the destination's table does not have as they are.
    pub fn count_unmerged(&self) -> String {
        let same = self.has_window_key();
        let differ = same::differ(self.source.copied(), "t", "w").unwrap_or_default();
        let is_marked = self.mark.as_ref().map(|mark| format!(" OR t.{} IS NOT NULL", quote(mark)));
        format!(
            "SELECT count(*) FROM {WINDOW} w LEFT JOIN {} t ON {same} WHERE t.tableoid IS NULL OR {differ}{}",
            self.table,
            is_marked.unwrap_or_default()
        )
    }

    /// The statement that merges the window into the destination's table, and does not touch equal rows. The window's rows come
    /// in the order in which they were copied, that of the cursor.
    pub fn merge(&self) -> String {
        let columns = self.columns();
        // A key that the index takes for equal may have another text.
        let is_other = |column: &&ShapeColumn| column.by_text || !self.key.contains(&column.name);
        let others = || self.source.copied().filter(is_other);
        let mut set: Vec<String> = others().map(|column| assignment(&column.name)).collect();
        let mut differs: Vec<String> = same::differ(others(), "t", "excluded").into_iter().collect();
        if let Some(mark) = &self.mark {
            set.push(format!("{} = NULL", quote(mark)));
            differs.push(format!("t.{} IS NOT NULL", quote(mark)));
        }
        let action = match set.is_empty() {
            true => "DO NOTHING".to_owned(),
            false => format!("DO UPDATE SET {} WHERE {}", set.join(", "), differs.join(" OR ")),
        };
        format!(
            "INSERT INTO {} AS t ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {WINDOW} \
             ON CONFLICT ({}) {action}",
            self.table,
            self.key_list()
        )
    }
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(quote).collect::<Vec<_>>().join(", ")
}

fn check_key(client: &mut Client, source: &Shape, key: &[String]) -> Result<()> {
    for name in key {
        match source.column(name) {
            None => {
                return Err(Error::refused(format!("has no column {name}"))
                    .remedy("name the columns of a unique index with --key"));
            }
            Some(column) if !column.not_null => {
                return Err(Error::refused("a column of the key may be NULL, which is equal to nothing")
                    .at(Place::default().column(name.as_str()))
                    .remedy("make it NOT NULL, or name other columns with --key"));
            }
            Some(_) => {}
        }
    }
    if key.is_empty() || *key == source.primary_key {
        return Ok(());
    }
    let names: Vec<String> =
        same::key_columns(source, key).map(|column| column.source_name().to_owned()).collect();
    if catalog::has_unique_index(client, &source.table, &names)? {
        return Ok(());
    }
    Err(Error::refused(format!("has no unique index on exactly ({})", list(key.iter().map(String::as_str))))
        .remedy("name the columns of a unique index with --key"))
}

/// Warns where each pass reads the whole table at the source.
pub fn warn_of_slow_passes(source: &Shape, cursor: &str) {
    if source.column(cursor).is_some() && !leads_an_index(source, cursor) {
        tracing::warn!(
            "{} has no index that begins with the cursor {cursor}: each pass reads the whole table there",
            source.table
        );
    }
}

fn leads_an_index(source: &Shape, name: &str) -> bool {
    let plain = |index: &str, name: &str| {
        index.strip_prefix("btree (").and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| {
            rest.starts_with([',', ')', ' '])
                // A partial index does not serve all passes.
                && !index.contains(" WHERE ")
        })
    };
    source
        .indexes
        .iter()
        .any(|index| plain(&index.definition, name) || plain(&index.definition, &quote(name)))
}
