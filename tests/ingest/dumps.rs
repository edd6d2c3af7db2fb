//! Dumps that many tests load, and what helps with what is wrong in one.

use pghaul_test_support::{Ingest, ingest};

/// The columns of a table, as a descriptor names them.
pub const COLUMNS: [(&str, &str); 2] = [("id", "int"), ("name", "varchar(20)")];
/// Its data file.
pub const DATA: &str = "id|name\n1|one\n2|two\n";

/// Columns of three kinds.
pub const NOTES: [(&str, &str); 3] = [("id", "int"), ("name", "varchar(5)"), ("note", "text")];

/// Users: a name, columns and rows.
pub const USERS: (&str, &str, &str) = ("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n");

/// Data files of this size (bytes) and more are loaded by many streams, where there are more workers than files.
pub const LARGE_BYTES: usize = 64 << 20;

/// What helps with most descriptors.
pub const FORM: &str = "it must be a list of {\"column_name\": …, \"column_type\": …}";
/// What helps with most rows.
pub const CORRECT_THE_ROW: &str = "correct the row in the data file; nothing of this unit was loaded";

/// A dump of a table with [`COLUMNS`] and [`DATA`], and a good one.
pub fn two_rows() -> Ingest {
    let ingest = ingest!();
    ingest.unit(&COLUMNS, DATA);
    ingest
}

/// A dump of a table with [`NOTES`] and these rows behind its header, and a good one.
pub fn with_rows(rows: impl AsRef<[u8]>) -> Ingest {
    let ingest = ingest!();
    ingest.unit(&NOTES, [b"id|name|note\n", rows.as_ref()].concat());
    ingest
}
