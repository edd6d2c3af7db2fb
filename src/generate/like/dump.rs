//! Rows as a dump: a folder with a descriptor and a data file for each table, and a configuration for `ingest` beside it.

use super::plan::Plan;
use super::source::{Column, Table, Types};
use super::writer::Writer;
use crate::generate::chunks::in_order;
use crate::generate::output::{Output, folder_refused};
use crate::report::UnitReport;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::{Error, Place, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The dump's folder: an application and a version, as `ingest` wants it.
const DUMP: &str = "like_v1";
/// The configuration beside it.
const CONFIG: &str = "config.yml";

/// Writes the dump into a folder.
///
/// # Errors
/// Tables that would have the same files; files that cannot be written; Ctrl-C.
pub fn write(
    out: &Path,
    (tables, types): (&[Table], &Types),
    plan: &Plan,
    (workers, source): (usize, &str),
    progress: &Progress,
) -> Result<Vec<UnitReport>> {
    check_names(tables)?;
    let folder = out.join(DUMP);
    std::fs::create_dir_all(&folder).map_err(|error| folder_refused(&folder, &error))?;
    let mut units = Vec::new();
    for (number, table) in tables.iter().enumerate() {
        let started = Instant::now();
        let mut running = timeline::begin(Step::Make, table.name.name());
        let writer = Writer::new(plan, tables, number);
        let path = folder.join(format!("{}.dat", table.name.name()));
        let header = writer.header();
        let mut output = Output::new_file(&path)?;
        let mut bytes = header.len() as u64;
        // A file has no reader that may have enough.
        let _ = output.write(&header)?;
        let records = writer.records(u64::MAX);
        let make = |records: Range<u64>, text: &mut Vec<u8>| {
            writer.push_data(records, text);
            Ok(())
        };
        in_order(workers, &records, make, |text, rows| {
            let flow = output.write(text)?;
            bytes += text.len() as u64;
            progress.advance(rows);
            timeline::rows(rows);
            Ok(flow)
        })?;
        output.finish()?;
        // A dump without its descriptor is no dump, so what is there is complete.
        put(&folder.join(format!("{}.json", table.name.name())), &descriptor(table, types, &writer))?;
        running.end();
        let rows = records.end - records.start;
        let name = format!("{}.{}", table.name.schema(), table.name.name());
        units.push(UnitReport::made(name, source.to_owned(), rows, bytes, started.elapsed().as_secs_f64()));
    }
    put(&out.join(CONFIG), &config(tables, types))?;
    Ok(units)
}

/// All files that are written; none may be the report.
pub fn paths(out: &Path, tables: &[(Option<String>, String)]) -> Vec<PathBuf> {
    let of_table = |(_, name): &(Option<String>, String)| {
        ["dat", "json"].map(|extension| out.join(DUMP).join(format!("{name}.{extension}")))
    };
    tables.iter().flat_map(of_table).chain([out.join(CONFIG)]).collect()
}

fn check_names(tables: &[Table]) -> Result<()> {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    for table in tables {
        let name = table.name.name();
        let what = if name.contains('/') || name.starts_with('.') {
            "cannot be the name of a file"
        } else if !names.insert(name.to_lowercase()) {
            "is the name of two tables, which would have the same file"
        } else {
            continue;
        };
        faults.push(
            Error::refused(what).at(Place::table(name)).remedy("load it with --into, or name it alone"),
        );
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::many(faults)) }
}

fn put(path: &Path, text: &str) -> Result<()> {
    let mut output = Output::new_file(path)?;
    // A file has no reader that may have enough.
    let _ = output.write(text.as_bytes())?;
    output.finish()
}

/// The type of a column in the dump: types of the database's own users are texts, since another database may lack them.
fn type_name<'c>(column: &'c Column, types: &Types) -> &'c str {
    if types.is_built_in(column) && !column.type_name.ends_with("[]") { &column.type_name } else { "text" }
}

fn descriptor(table: &Table, types: &Types, writer: &Writer<'_>) -> String {
    let written = |column: &&Column| writer.columns.iter().any(|known| known.name == column.name);
    let entries = table.columns.iter().filter(written).map(|column| {
        let entry = json!({"column_name": column.name, "column_type": type_name(column, types)});
        format!("  {entry}")
    });
    format!("[\n{}\n]\n", entries.collect::<Vec<_>>().join(",\n"))
}

/// JSON is YAML as well. Each type is what it is called.
fn config(tables: &[Table], types: &Types) -> String {
    let names = tables.iter().flat_map(|table| &table.columns).map(|column| type_name(column, types));
    let map: Map<String, Value> = names.map(|name| (name.to_owned(), json!(name))).collect();
    format!(
        "# Made by pghaul generate like; load it by: pghaul ingest --config {CONFIG}\n\
         xport_cfg:\n  zip_path: .\n  encoding: utf-8\n  dialects:\n    - match: '*'\n      types: {}\n",
        Value::Object(map)
    )
}
