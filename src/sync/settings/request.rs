//! What was typed.

use super::values::{Deletes, Mode};
use crate::copy::rejects::limit::RejectLimit;
use crate::secret::Secret;
use std::time::Duration;

/// What was typed. The job of the configuration gives the rest.
#[derive(Debug, Default)]
pub struct Request {
    /// The job in the configuration.
    pub job: Option<String>,
    /// The schema at the source whose tables are synced.
    pub schema: Option<String>,
    /// Shell patterns of tables of the schema that are left out.
    pub exclude: Vec<String>,
    /// The source.
    pub from: Option<Secret>,
    /// The destination.
    pub to: Option<Secret>,
    /// The table at the source.
    pub table: Option<String>,
    /// The table at the destination.
    pub to_table: Option<String>,
    /// The condition of the rows that are synced.
    pub only: Option<String>,
    /// The columns that are synced; none for all.
    pub columns: Vec<String>,
    /// Columns that have another name at the destination, as `old=new`.
    pub map: Vec<String>,
    /// The column that grows with every change.
    pub cursor: Option<String>,
    /// The columns that identify a row.
    pub key: Vec<String>,
    /// How the table is kept the same.
    pub mode: Option<Mode>,
    /// Rows of a window.
    pub chunk: Option<u64>,
    /// The time from the start of a pass to the start of the next one.
    pub every: Option<Duration>,
    /// Connections of the initial load, to each side.
    pub workers: Option<usize>,
    /// What happens to rows that were deleted at the source.
    pub deletes: Option<Deletes>,
    /// The column that soft deletes set.
    pub deleted_column: Option<String>,
    /// How many rows a pass may delete or mark.
    pub max_deletes: Option<RejectLimit>,
    /// The most rows per second that are read from the source.
    pub max_rate: Option<u64>,
    /// The longest time of a statement at the source.
    pub source_timeout: Option<Duration>,
    /// Whether new columns of the source are added to the destination.
    pub evolve: bool,
    /// Whether both tables are compared at the end.
    pub verify: bool,
    /// Whether rows that the comparison misses or finds to differ are read again.
    pub repair: bool,
    /// Retries after a lost connection.
    pub retries: u32,
}
