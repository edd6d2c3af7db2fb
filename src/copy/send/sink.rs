//! A running `COPY … FROM STDIN`, and the server's answers to it.

use crate::copy::encode::{CopyColumn, RowFormat};
use crate::error::Hint;
use crate::pg::ident::{Qualified, quote};
use crate::pg::sqlstate::{self, SqlState};
use crate::{Error, Place, Result};
use postgres::{CopyInWriter, Transaction};
use std::io::Write;

/// What helps where no page can hold a row (PostgreSQL documentation, "PostgreSQL Limits").
const SHORTEN_THE_ROW: &str = "PostgreSQL keeps a row in a page of 8 kB; load fewer columns";

/// Bytes of one message to the server, which reads a whole message before its rows. A message that fits into the processor's
/// caches costs the server 2 to 3 % less time than 256 KiB. Smaller messages gain nothing.
const MESSAGE_BYTES: usize = 64 << 10;

/// A running COPY. If it is dropped without [`CopySink::finish`], the server aborts the COPY.
pub struct CopySink<'t> {
    writer: CopyInWriter<'t>,
    table: String,
}

/// Why the server ended a COPY.
pub struct CopyFailure {
    /// The server's report.
    pub error: Error,
    /// If a row is at fault, and not the server or the connection.
    pub refusal: Option<Refusal>,
}

impl From<Error> for CopyFailure {
    /// A failure that no row is known to be at fault for.
    fn from(error: Error) -> CopyFailure {
        CopyFailure { error, refusal: None }
    }
}

/// A row that the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its number in the COPY, counted from 1, if the server names one for certain.
    pub row: Option<u64>,
    /// The column at fault, if the server names one.
    pub column: Option<String>,
    /// The server's words about the row.
    pub what: String,
}

impl<'t> CopySink<'t> {
    /// Starts a COPY into `table`. With `freeze` the rows are written frozen, and no later VACUUM has to touch them; this
    /// transaction must have created the table (PostgreSQL documentation, COPY, `FREEZE`).
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

    /// Ends the COPY, and compares the server's count of rows with those that were `sent`.
    ///
    /// # Errors
    /// A refused row, with its number if the server names it; another count.
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

/// Finds in the server's error which row of a COPY into `table` it is about.
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
                SqlState::TooBig => from_server.remedy(SHORTEN_THE_ROW).hint(Hint::Undone),
                _ => from_server,
            };
            CopyFailure { error: from_server, refusal: refusal(None, None) }
        }
        Some((row, rest)) => {
            let column = refused_column(rest, columns).or(of_constraint);
            let place = Place { column: column.clone(), ..Place::default() };
            // The server calls the rows of the COPY lines; here only a line of the data file is called so.
            let context = format!("COPY row {row}{rest}");
            let mut from_server = Error::from_server(error, Some(&context)).at(place);
            let value = refused_value(rest);
            from_server = match value {
                Some("") => from_server.hint(Hint::NullMarker),
                _ if sqlstate::is_beyond_type(error) => {
                    from_server.hint(Hint::ColumnType(value.unwrap_or_default().into()))
                }
                Some(value) if state == SqlState::BadValue => from_server.hint(Hint::Value(value.into())),
                _ => from_server,
            };
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

/// The value that stands behind the column's name, as in `, column age: "x"`.
fn refused_value(rest: &str) -> Option<&str> {
    let (_, value) = rest.split_once(": \"")?;
    value.strip_suffix('"')
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
        names.iter().map(|n| CopyColumn::new(*n, "text")).collect()
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
