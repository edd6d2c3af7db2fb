//! Types: the map that fits the descriptors, and descriptors for data files that have none.

use super::columns::{Column, Table};
use super::line::Line;
use super::sample::Input;
use crate::ingest::settings::default_types;
use crate::ingest::source::descriptor::SourceColumn;
use crate::ingest::types::TypeMap;
use serde_json::Value;

/// Words of types that only SQL Server has.
const MSSQL_WORDS: [&str; 13] = [
    "nvarchar",
    "nchar",
    "ntext",
    "uniqueidentifier",
    "datetime2",
    "smalldatetime",
    "datetimeoffset",
    "money",
    "image",
    "sql_variant",
    "hierarchyid",
    "rowversion",
    "(max)",
];
/// Words of types that only MySQL has.
const MYSQL_WORDS: [&str; 9] = [
    "unsigned",
    "mediumint",
    "int(",
    "enum(",
    "longtext",
    "mediumtext",
    "tinytext",
    "longblob",
    "tinyint(1)",
];

/// The line of the type map.
pub fn map(input: &Input, described: &[Option<Vec<SourceColumn>>]) -> Line {
    let types = || described.iter().flatten().flatten().map(|column| column.source_type.to_lowercase());
    let count = |words: &[&str]| types().filter(|name| words.iter().any(|word| name.contains(word))).count();
    let (mssql, mysql) = (count(&MSSQL_WORDS), count(&MYSQL_WORDS));
    let (name, mut why) = match (mssql, mysql) {
        _ if types().next().is_none() => {
            ("mysql", "the types below are those of PostgreSQL, which this map knows as well".to_owned())
        }
        (mssql, mysql) if mssql > mysql => {
            ("mssql", format!("types that only SQL Server has: {mssql}, that only MySQL has: {mysql}"))
        }
        (mssql, mysql) if mysql > mssql => {
            ("mysql", format!("types that only MySQL has: {mysql}, that only SQL Server has: {mssql}"))
        }
        _ => (
            default_types(&input.name),
            "DOUBT: no type of the descriptors belongs to one database only".to_owned(),
        ),
    };
    if let Some(Ok(map)) = TypeMap::built_in(name, "*") {
        let unknown = described
            .iter()
            .flatten()
            .flatten()
            .find(|column| map.resolve(&column.source_type, column.bare_type.as_deref()).is_err());
        if let Some(column) = unknown {
            why.push_str(&format!(
                "; DOUBT: no map knows {:?} of column {:?}",
                column.source_type, column.name
            ));
        }
    }
    Line { key: "types", value: Some(name.to_owned()), why }
}

/// A descriptor for a data file that has none: each column has the narrowest type that holds all values seen.
pub fn descriptor(table: &Table, has_order: bool, is_whole: bool) -> String {
    let entry = |column: &Column| {
        let kind = column.kinds.narrowest().filter(|kind| has_order || !kind.needs_order());
        let name = match kind.map_or("text", |kind| kind.type_name()) {
            // Larger numbers may come behind the sample.
            "integer" if !is_whole => "bigint",
            name => name,
        };
        format!("{{\"column_name\": {}, \"column_type\": \"{name}\"}}", Value::from(column.name.as_str()))
    };
    let entries: Vec<String> = table.columns.iter().map(entry).collect();
    format!("[{}]\n", entries.join(",\n "))
}
