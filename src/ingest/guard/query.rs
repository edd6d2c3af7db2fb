//! The user's queries about a new version table.
//!
//! They run in a savepoint whose transaction may only read. PostgreSQL lets nobody make it writable again before its end, no function
//! either (`check_transaction_read_only`), and rolling back to the savepoint does. That also undoes what a transaction that may only
//! read can still change (rows of temporary tables, large objects before PostgreSQL 16, settings) and lets go of the locks on what was
//! read, which others' locks would wait for. What reaches out of the database, such as `dblink`, is beyond it.

use crate::Result;
use crate::ingest::settings::guards::TABLES;
use crate::pg::ident::Qualified;
use crate::pg::path;
use crate::pg::retry;
use crate::pg::sqlstate::SqlState;
use crate::{Error, error};
use postgres::Transaction;

/// The tables that queries ask about.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'t> {
    /// The new version table.
    pub new: &'t Qualified,
    /// The version table that it replaces, if there is one.
    pub old: Option<&'t Qualified>,
    /// The mother, as it is without the new one.
    pub mother: &'t Qualified,
}

/// How much of the server's words about a query is shown, characters.
const SHOWN_CHARS: usize = 300;

/// A query with these names in place of `{new}`, `{old}` and `{mother}`, as a statement that gives one boolean. It is a part of an
/// expression, so it can be nothing but a query.
pub fn statement(sql: &str, names: [&str; 3]) -> String {
    // The line ends close a comment. AND takes booleans alone.
    let mut statement = String::from("SELECT (\n");
    let mut rest = sql;
    // In one pass: the name of a table may hold such a word.
    let next = |rest: &str| {
        let places =
            TABLES.iter().zip(names).filter_map(|(table, name)| Some((rest.find(table)?, table.len(), name)));
        places.min()
    };
    while let Some((at, length, name)) = next(rest) {
        statement.push_str(&rest[..at]);
        statement.push_str(name);
        rest = &rest[at + length..];
    }
    statement.push_str(rest);
    statement.push_str("\n) AND true");
    statement
}

/// Whether a query answers with true, and the answer.
///
/// # Errors
/// A lost connection; Ctrl-C. What is wrong with the query is an answer.
pub fn ask(sql: &str, tables: Tables<'_>, transaction: &mut Transaction<'_>) -> Result<(bool, String)> {
    let Tables { new, old, mother } = tables;
    let mut savepoint = transaction.transaction()?;
    let none;
    let old = match old {
        Some(old) => old,
        None => {
            none = empty_table(sql, new, &mut savepoint)?;
            &none
        }
    };
    savepoint.batch_execute("SET LOCAL transaction_read_only = on")?;
    path::give_back(&mut savepoint)?;
    let names = [new, old, mother].map(Qualified::to_string);
    // A prepared statement is one statement: another one behind it is an error.
    let answer = savepoint.query_one(&statement(sql, [&names[0], &names[1], &names[2]]), &[]);
    match answer.and_then(|row| row.try_get::<_, Option<bool>>(0)) {
        Ok(answer) => {
            savepoint.rollback()?;
            let said = answer.map_or("NULL".to_owned(), |answer| answer.to_string());
            Ok((answer == Some(true), said))
        }
        Err(error) => {
            let words = server_words(error)?;
            savepoint.rollback()?;
            Ok((false, error::shortened(&words, SHOWN_CHARS)))
        }
    }
}

/// What the server says against a query.
///
/// # Errors
/// The error, where not the query is at fault: a lost connection; Ctrl-C.
pub fn server_words(error: postgres::Error) -> Result<String> {
    let words = Error::server_words(&error);
    let error = Error::from(error);
    match retry::is_of_connection(&error) || SqlState::from(&error) == SqlState::Cancelled {
        true => Err(error),
        false => Ok(words),
    }
}

/// An empty table with the columns of the new one, for a query about the old one where there is none. It goes with the savepoint.
fn empty_table(sql: &str, new: &Qualified, savepoint: &mut Transaction<'_>) -> Result<Qualified> {
    let backend: i32 = savepoint.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let table = Qualified::new(new.schema(), format!("pghaul_none_{backend}"));
    if sql.contains(TABLES[1]) {
        savepoint.batch_execute(&format!("CREATE TABLE {table} (LIKE {new})"))?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_a_part_of_an_expression() {
        assert_eq!(
            statement("SELECT count(*) > 0 FROM {new}, {mother} -- {old}", ["n", "o", "m"]),
            "SELECT (\nSELECT count(*) > 0 FROM n, m -- o\n) AND true"
        );
        assert_eq!(statement("{new}{old}", ["{old}", "{new}", "m"]), "SELECT (\n{old}{new}\n) AND true");
    }
}
