//! Types: the map that fits the descriptors, and descriptors for data files that have none.

use super::columns::{Column, Table};
use super::inputs::Input;
use super::line::Line;
use super::parts::Pattern;
use super::sample::Sample;
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

/// A data file without a descriptor.
pub struct Undescribed<'s> {
    /// The data file.
    pub sample: &'s Sample,
    /// Its columns.
    pub table: &'s Table,
    /// Whether all of it was seen.
    pub is_whole: bool,
}

/// Descriptors for data files that have none.
pub struct Descriptors {
    /// The table, and its descriptor.
    pub texts: Vec<(String, String)>,
    /// The columns whose type only a late value has decided.
    pub remarks: Vec<String>,
    /// How parts are named, without those whose columns differ.
    pub parts: Option<Pattern>,
}

/// Descriptors for data files that have none: each column has the narrowest type that holds all values seen, in all parts.
pub fn descriptors(undescribed: &[Undescribed<'_>], parts: Option<&Pattern>, has_order: bool) -> Descriptors {
    let mut parts = parts.cloned();
    let tables: Vec<String> = parts.iter().flat_map(Pattern::guessed).map(str::to_owned).collect();
    let of_table = |table: &str| -> Vec<&Undescribed<'_>> {
        undescribed.iter().filter(|one| one.sample.part_of.as_deref() == Some(table)).collect()
    };
    let differ = tables.iter().filter(|table| !are_parts(&of_table(table)));
    for table in differ {
        parts = parts.and_then(|mut parts| parts.give_up(table).then_some(parts));
    }
    let is_joined = |table: &str| parts.iter().flat_map(Pattern::guessed).any(|joined| joined == table);
    let mut found = Descriptors { texts: Vec::new(), remarks: Vec::new(), parts: None };
    for one in undescribed {
        let whole = one.sample.part_of.as_deref().filter(|table| is_joined(table));
        let table = whole.unwrap_or(&one.sample.table);
        found.remarks.extend(one.table.columns.iter().filter_map(|column| column.turn(&one.table.label)));
        if found.texts.iter().any(|(other, _)| other == table) {
            continue;
        }
        let (mut columns, mut is_whole) = (one.table.columns.clone(), one.is_whole);
        for other in whole.map(of_table).into_iter().flatten().skip(1) {
            columns.iter_mut().zip(&other.table.columns).for_each(|(column, other)| column.join(other));
            is_whole &= other.is_whole;
        }
        found.texts.push((table.to_owned(), descriptor(&columns, has_order, is_whole)));
    }
    found.parts = parts;
    found
}

/// Whether data files have the same columns, as far as can be seen.
fn are_parts(files: &[&Undescribed<'_>]) -> bool {
    let names =
        |table: &Table| -> Vec<String> { table.columns.iter().map(|column| column.name.clone()).collect() };
    let Some((first, others)) = files.split_first() else { return false };
    !others.is_empty() && others.iter().all(|other| names(other.table) == names(first.table))
}

fn descriptor(columns: &[Column], has_order: bool, is_whole: bool) -> String {
    let entry = |column: &Column| {
        let kind = column.kinds.narrowest().filter(|kind| has_order || !kind.needs_order());
        let name = match kind.map_or("text", |kind| kind.type_name()) {
            // Larger numbers may stand between the samples.
            "integer" if !is_whole => "bigint",
            name => name,
        };
        format!("{{\"column_name\": {}, \"column_type\": \"{name}\"}}", Value::from(column.name.as_str()))
    };
    let entries: Vec<String> = columns.iter().map(entry).collect();
    format!("[{}]\n", entries.join(",\n "))
}
