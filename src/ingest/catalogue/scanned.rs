//! What is known of a table of a dump when its dump was scanned.

use crate::Error;
use crate::copy::input::header::Header;
use crate::ingest::settings::TextFormat;
use crate::ingest::source::TableSource;
use crate::ingest::types::TypeMap;
use crate::pg::type_name::TypeName;
use std::sync::Arc;

/// One table of one dump: what a unit will be made of.
#[derive(Debug)]
pub struct ScannedTable {
    /// Where its rows come from.
    pub source: TableSource,
    /// The version table that its rows go to.
    pub child: String,
    /// The first line of its data file, or of each part of it.
    pub header: Header,
    /// Bytes before the rows, of all parts.
    pub header_bytes: u64,
    /// The header's columns in its order, then those that only the descriptor has.
    pub columns: Vec<ScannedColumn>,
    /// The type map that was used.
    pub types: Arc<TypeMap>,
    /// How its data file is written.
    pub text: Arc<TextFormat>,
    /// Of each column of the data file, whether it is loaded; `None` for all.
    pub kept: Option<Arc<[bool]>>,
    /// The columns that are not, as the mother would call them.
    pub skipped: Vec<String>,
    /// Columns that the data file lacks, with the value of all rows. They are among the columns, too.
    pub constants: Vec<Constant>,
    /// Columns whose types no map knows and the server cannot know. They are not among the columns, and stop the run
    /// together with those that the server does not know.
    pub type_faults: Vec<Error>,
}

/// A column whose value is the same in all rows of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// Its name.
    pub name: String,
    /// The value, as text.
    pub value: String,
    /// The key that says so.
    pub key: String,
}

/// A column of a scanned table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedColumn {
    /// Its name.
    pub name: String,
    /// Its type in the source database.
    pub source_type: String,
    /// What that is in PostgreSQL.
    pub type_name: TypeName,
    /// Whether no type map knows the type, so that only the server can say whether it has one of that name.
    pub by_own_name: bool,
    /// Whether the data file has it; a column that only the descriptor has is NULL in every row.
    pub in_data: bool,
}
