//! `sync:` in the configuration: jobs of `pghaul sync`.

use crate::config::values::{Number, OrderedMap, Span, Text};
use serde::Deserialize;

/// A job: a table that is kept the same as a table of another database.
#[derive(Debug, Default, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a map such as {from: postgresql://a/db, to: postgresql://b/db, table: users, cursor: updated}"
)]
pub struct SyncCfg {
    /// URL of the source.
    pub from: Option<Text>,
    /// URL of the destination.
    pub to: Option<Text>,
    /// The schema at the source whose tables are synced.
    pub schema: Option<Text>,
    /// Shell patterns of tables of the schema that are left out.
    #[serde(default)]
    pub exclude: Vec<Text>,
    /// The table at the source: `table` or `schema.table`.
    pub table: Option<Text>,
    /// The table at the destination, if it has another name.
    pub to_table: Option<Text>,
    /// The condition of the rows that are synced.
    #[serde(rename = "where")]
    pub only: Option<Text>,
    /// The columns that are synced, if not all.
    #[serde(default)]
    pub columns: Vec<Text>,
    /// Columns that have another name at the destination.
    #[serde(default)]
    pub map: OrderedMap<Text>,
    /// The column that grows with every change.
    pub cursor: Option<Text>,
    /// The columns that make a row the same row, if they are not the primary key.
    #[serde(default)]
    pub key: Vec<Text>,
    /// How the table is kept the same.
    pub mode: Option<SyncModeCfg>,
    /// Rows per transaction at the destination.
    pub chunk: Option<Number<u64>>,
    /// The pause between two passes of `watch`, such as `5s`.
    pub every: Option<Span>,
    /// Connections of the initial load, to each side.
    pub workers: Option<Number<usize>>,
    /// What becomes of rows that are gone at the source.
    pub deletes: Option<DeletesCfg>,
    /// The column that `deletes: soft` sets.
    pub deleted_column: Option<Text>,
    /// How many rows a pass may delete or mark: a number, or a share such as `10%`.
    pub max_deletes: Option<Text>,
    /// Rows per second that are read at most.
    pub max_rate: Option<Number<u64>>,
    /// How long a statement may take at the source, such as `10m`.
    pub source_timeout: Option<Span>,
    /// Whether new columns of the source are added.
    #[serde(default)]
    pub evolve: bool,
    /// Statements that follow what has changed the destination.
    #[serde(default)]
    pub after: Vec<Text>,
}

/// How a table is kept the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncModeCfg {
    /// By the cursor, if there is one; else whole.
    Auto,
    /// By the cursor.
    Cursor,
    /// Whole.
    Full,
}

/// What becomes of rows that are gone at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeletesCfg {
    /// They are deleted.
    Hard,
    /// A column is set.
    Soft,
}
