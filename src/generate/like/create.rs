//! The statements that make a table like another one. Defaults, triggers, comments and indexes that are not unique are not made.

use super::source::{Column, Table};
use crate::pg::ident::{Qualified, quote};

/// `CREATE TABLE`, with columns and checks, for a table like `table` that is called `name`.
pub fn table(table: &Table, name: &Qualified) -> String {
    let checks =
        table.checks.iter().map(|check| format!("CONSTRAINT {} {}", quote(&check.name), check.definition));
    let clauses: Vec<String> = table.columns.iter().map(column).chain(checks).collect();
    format!("CREATE TABLE {name} ({})", clauses.join(", "))
}

fn column(column: &Column) -> String {
    let Column { name, type_name, collation, .. } = column;
    let not_null = if column.not_null { " NOT NULL" } else { "" };
    let generated = match &column.generated {
        Some(expression) => format!(" GENERATED ALWAYS AS ({expression}) STORED"),
        None => String::new(),
    };
    format!("{} {type_name}{collation}{generated}{not_null}", quote(name))
}

/// The identity columns of a table, under its own name, which their sequences have then, too.
pub fn identities(table: &Table) -> impl Iterator<Item = String> {
    table.columns.iter().filter_map(|column| {
        let identity = column.identity?;
        Some(format!("ALTER TABLE {} ALTER COLUMN {} ADD{identity}", table.name, quote(&column.name)))
    })
}

/// The unique keys and exclusion constraints of a table, under its own name.
pub fn keys(table: &Table) -> impl Iterator<Item = String> {
    table.keys.iter().map(|key| match key.is_constraint {
        true => format!("ALTER TABLE {} ADD CONSTRAINT {} {}", table.name, quote(&key.name), key.definition),
        false => key.definition.clone(),
    })
}

/// The foreign keys of a table, under its own name.
pub fn references(table: &Table) -> impl Iterator<Item = String> {
    table.references.iter().map(|reference| {
        format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {}",
            table.name,
            quote(&reference.name),
            reference.definition
        )
    })
}
