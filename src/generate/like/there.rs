//! What is in the database already: rows that foreign keys can refer to, and the last keys of tables that are appended to.

use super::plan::{There, Wanted};
use super::source::{Reference, Table};
use crate::pg::ident::quote;
use crate::{Error, Place, Result};
use postgres::Client;

/// Rows of a table that is not made, of which foreign keys take their values; more are not needed to look real.
const MOST_REFERENCED: u32 = 100_000;

/// The first words of the types of numbers and times that have a greatest value.
const ORDERED: [&str; 11] = [
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double",
    "date",
    "time",
    "timestamp",
    "interval",
    "oid",
];

/// The database that rows are made for; without one, that of the existing tables.
pub struct Rows<'c> {
    /// A connection to it.
    pub client: &'c mut Client,
}

impl There for Rows<'_> {
    fn referenced(&mut self, reference: &Reference) -> Result<Vec<Vec<String>>> {
        let table = &reference.table;
        let sql = "SELECT to_regclass($1) IS NOT NULL";
        if !self.client.query_one(sql, &[&table.to_string()])?.get::<_, bool>(0) {
            return Err(Error::refused(format!(
                "foreign key {} refers to a table that is not there",
                reference.name
            ))
            .at(Place::table(table.name()))
            .remedy(format!("name {}.{}, too", table.schema(), table.name())));
        }
        let columns: Vec<String> = reference.columns_there.iter().map(|column| quote(column)).collect();
        let texts: Vec<String> = columns.iter().map(|column| format!("{column}::text")).collect();
        // By the columns, not by their texts: an index has this order.
        let order: Vec<String> = columns.iter().map(|column| format!("t.{column}")).collect();
        let all_there: Vec<String> = columns.iter().map(|column| format!("t.{column} IS NOT NULL")).collect();
        let sql = format!(
            "SELECT ARRAY[{}] FROM {table} t WHERE {} ORDER BY {} LIMIT {MOST_REFERENCED}",
            texts.join(", "),
            all_there.join(" AND "),
            order.join(", "),
        );
        Ok(self.client.query(&sql, &[])?.iter().map(|row| row.get(0)).collect())
    }
}

impl Rows<'_> {
    /// Fills in what is in a table already that rows are appended to: its number of rows, and the last values of the columns of
    /// unique keys.
    ///
    /// # Errors
    /// What the server reports.
    pub fn count(&mut self, table: &Table, wanted: &mut Wanted) -> Result<()> {
        let in_keys = |at: usize| table.keys.iter().any(|key| key.uses.contains(&at));
        // Types without an order have no greatest value; only the numbers and times among these matter.
        let has_order = |type_name: &str| {
            let word = type_name.split(['(', ' ']).next().unwrap_or_default();
            !type_name.ends_with("[]") && ORDERED.contains(&word)
        };
        let lasts = table.columns.iter().enumerate().map(|(at, column)| {
            match in_keys(at) && has_order(&column.type_name) {
                true => format!("max(t.{})::text", quote(&column.name)),
                false => "NULL".to_owned(),
            }
        });
        let lasts: Vec<String> = lasts.collect();
        let sql = format!("SELECT count(*), ARRAY[{}]::text[] FROM {} t", lasts.join(", "), table.name);
        let row = self.client.query_one(&sql, &[])?;
        // A number of rows is not negative.
        wanted.before = row.get::<_, i64>(0).unsigned_abs();
        wanted.lasts = row.get(1);
        Ok(())
    }
}
