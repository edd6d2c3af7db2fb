//! The server's end: a running `COPY … FROM STDIN`, and what the server says about it.

use crate::copy::encode::{CopyColumn, EMPTY_IS_NOT_NULL};
use crate::pg::ident::{Qualified, quote};
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place, Result};
use postgres::{CopyInWriter, Transaction};
use std::io::Write;

/// What helps where no page can hold a row (PostgreSQL documentation, "PostgreSQL Limits").
const SHORTEN_THE_ROW: &str = "PostgreSQL keeps a row in a page of 8 kB; load fewer columns; \
                               nothing of this unit was loaded";

/// Bytes of one message to the server, which reads a message whole before it looks at the rows: what fits into the
/// processor's caches costs it 2 to 3 % less time than 256 KiB. Smaller ones gain nothing, and cost a message each.
const MESSAGE_BYTES: usize = 64 << 10;

/// The form that rows are sent in (PostgreSQL documentation, COPY, "File Formats").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Text, which the types' input functions read.
    Text,
    /// Binary, with its header and trailer; see [`crate::copy::encode::binary`].
    Binary,
}

/// A running COPY. Dropped without [`CopySink::finish`], it makes the server abort the COPY.
pub struct CopySink<'t> {
    writer: CopyInWriter<'t>,
    table: String,
}

/// Why the server ended a COPY.
pub struct CopyFailure {
    /// What it said.
    pub error: Error,
    /// Where a row is at fault, not the server or the connection.
    pub refusal: Option<Refusal>,
}

/// A row that the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its number in the COPY, counted from 1, where the server names one for certain.
    pub row: Option<u64>,
    /// The column at fault, where it names one.
    pub column: Option<String>,
    /// What it said about the row.
    pub what: String,
}

impl<'t> CopySink<'t> {
    /// Starts a COPY into `table`. With `freeze` the rows are written frozen, so that no later VACUUM has to touch them
    /// again; this transaction must have created the table (PostgreSQL documentation, COPY, `FREEZE`).
    ///
    /// # Errors
    /// What the server reports.
    pub fn open<'c: 't>(
        transaction: &'t mut Transaction<'c>,
        table: &Qualified,
        columns: &[CopyColumn],
        format: RowFormat,
        freeze: bool,
    ) -> Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| quote(&column.name)).collect();
        let format = match format {
            RowFormat::Text => "text",
            RowFormat::Binary => "binary",
        };
        let sql =
            format!("COPY {table} ({}) FROM STDIN WITH (FORMAT {format}, FREEZE {freeze})", names.join(", "));
        let writer = transaction.copy_in(&sql)?;
        Ok(CopySink { writer, table: table.name().to_owned() })
    }

    /// Sends encoded rows.
    ///
    /// # Errors
    /// A lost connection.
    pub fn write(&mut self, rows: &[u8]) -> Result<()> {
        for message in rows.chunks(MESSAGE_BYTES) {
            self.writer.write_all(message)?;
        }
        Ok(())
    }

    /// Ends the COPY, and compares the rows that the server has counted with those that were `sent`.
    ///
    /// # Errors
    /// What the server refused, with the number of the row where it names one; another count.
    pub fn finish(self, columns: &[CopyColumn], sent: u64) -> Result<(), CopyFailure> {
        let CopySink { writer, table } = self;
        let counted = writer.finish().map_err(|error| failure(&error, &table, columns))?;
        if counted != sent {
            let error = Error::failed(format!("sent {sent} rows, but the server counted {counted}"));
            return Err(CopyFailure { error, refusal: None });
        }
        Ok(())
    }
}

/// What the server's error says about the rows of a COPY into `table`.
fn failure(error: &postgres::Error, table: &str, columns: &[CopyColumn]) -> CopyFailure {
    let context = error.as_db_error().and_then(|db| db.where_()).unwrap_or_default();
    // Data exceptions and violated constraints are a row's fault; a full disk or a cancelled query is not.
    let state = SqlState::from(error);
    if !state.is_of_row() {
        return CopyFailure { error: error.into(), refusal: None };
    }
    // A constraint is about a whole row, but the error may name the column.
    let of_constraint = error.as_db_error().and_then(|db| db.column()).map(str::to_owned);
    let refusal = |row, column| Some(Refusal { row, column, what: Error::server_words(error) });
    match refused_row(context, table) {
        None => CopyFailure { error: error.into(), refusal: refusal(None, of_constraint) },
        // Beyond the row itself, the server may mean the block of up to 1,000 rows that it was writing
        // (`CopyMultiInsertBufferFlush`): the number is that of the last row it had read. Constraints are
        // checked row by row.
        Some((row, "")) if !state.is_of_constraint() => {
            let context = format!("COPY row {row}, or one shortly before it");
            let from_server = Error::from_server(error, Some(&context));
            let from_server = match state {
                SqlState::TooBig => from_server.remedy(SHORTEN_THE_ROW),
                _ => from_server,
            };
            CopyFailure { error: from_server, refusal: refusal(None, None) }
        }
        Some((row, rest)) => {
            let column = refused_column(rest, columns).or(of_constraint);
            let place = Place { column: column.clone(), ..Place::default() };
            // The server counts the rows of the COPY as lines; only the file's own line may be called so.
            let context = format!("COPY row {row}{rest}");
            let mut from_server = Error::from_server(error, Some(&context)).at(place);
            if rest.ends_with(": \"\"") {
                from_server = from_server.remedy(EMPTY_IS_NOT_NULL);
            }
            CopyFailure { error: from_server, refusal: refusal(Some(row), column) }
        }
    }
}

/// The row in `COPY v1_users, line 3, column age: "x"`, and what follows its number. The words around the number
/// are in the server's language, so the first number behind the table's name is taken.
fn refused_row<'w>(context: &'w str, table: &str) -> Option<(u64, &'w str)> {
    let (_, behind_table) = context.split_once(table)?;
    let start = behind_table.find(|c: char| c.is_ascii_digit())?;
    let digits = &behind_table[start..];
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    Some((digits[..end].parse().ok()?, &digits[end..]))
}

/// The column named behind the row's number; the longest name wins where one begins another.
fn refused_column(rest: &str, columns: &[CopyColumn]) -> Option<String> {
    let rest = rest.strip_prefix(", ")?;
    let (_, named) = rest.split_once(' ')?;
    columns
        .iter()
        .map(|column| &column.name)
        .filter(|name| {
            named
                .strip_prefix(name.as_str())
                .is_some_and(|after| after.is_empty() || after.starts_with([':', ',']))
        })
        .max_by_key(|name| name.len())
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<CopyColumn> {
        names.iter().map(|n| CopyColumn { name: (*n).into(), type_name: "text".into() }).collect()
    }

    #[test]
    fn row_and_column_are_read_from_the_context() {
        let (row, rest) = refused_row("COPY v1_users, line 3, column age: \"x\"", "v1_users").unwrap();
        assert_eq!(row, 3);
        assert_eq!(refused_column(rest, &columns(&["a", "age", "age: x"])).unwrap(), "age");
        let (row, rest) = refused_row("COPY t1, Zeile 12, Spalte geb: »x«", "t1").unwrap();
        assert_eq!((row, refused_column(rest, &columns(&["geb"])).as_deref()), (12, Some("geb")));
        assert_eq!(refused_row("SQL function \"f\" statement 1", "v1_users"), None);
        assert_eq!(refused_row("COPY t, line 7", "t").unwrap(), (7, ""));
    }
}
