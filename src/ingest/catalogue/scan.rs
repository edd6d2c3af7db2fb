//! The catalogue: every table of every dump, with its columns, before anything is written.
//!
//! The dumps are scanned in parallel. The faults of all of them are reported together.

use super::names::position;
use crate::copy::input::charset::Charset;
use crate::copy::input::header::Header;
use crate::ingest::settings::Settings;
use crate::ingest::source::descriptor::SourceColumn;
use crate::ingest::source::dump::Dump;
use crate::ingest::source::{self, ListedTable, TableSource, find};
use crate::ingest::types::TypeMap;
use crate::pg::ident;
use crate::pg::type_name::TypeName;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// One table of one dump: what a unit will be made of.
#[derive(Debug)]
pub struct ScannedTable {
    /// Where its rows come from.
    pub source: TableSource,
    /// The version table that its rows go to.
    pub child: String,
    /// The first line of its data file.
    pub header: Header,
    /// The header's columns in its order, then those that only the descriptor has.
    pub columns: Vec<ScannedColumn>,
    /// The type map that was used.
    pub dialect: String,
}

/// A column of a scanned table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedColumn {
    /// Its name.
    pub name: String,
    /// Its type according to the descriptor and the type map.
    pub type_name: TypeName,
    /// Whether the data file has it; a column that only the descriptor has is NULL in every row.
    pub in_data: bool,
}

/// Scans all dumps.
///
/// # Errors
/// All faults of all dumps, and two dumps that map to one version table.
pub fn scan(settings: &Settings) -> Result<Vec<ScannedTable>> {
    // Where loaded dumps move away, an empty folder means that nothing is new.
    let paths = find::find(&settings.inputs, settings.archive.is_some())?;
    let scanned: Vec<Result<Vec<ScannedTable>>> =
        paths.par_iter().map(|path| scan_dump(path, settings)).collect();
    // A scan that decrypts takes a while.
    interrupt::check()?;
    let mut tables: Vec<ScannedTable> = Vec::new();
    let mut faults = Vec::new();
    for result in scanned {
        match result {
            Ok(of_dump) => tables.extend(of_dump),
            Err(error) => faults.push(error),
        }
    }
    faults.extend(collisions(&tables));
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    Ok(tables)
}

/// Two tables for one version table.
fn collisions(tables: &[ScannedTable]) -> Vec<Error> {
    let mut first: HashMap<&str, &Dump> = HashMap::new();
    let mut said: HashSet<[String; 2]> = HashSet::new();
    let mut faults = Vec::new();
    for ScannedTable { source, child, .. } in tables {
        let dump = source.dump.as_ref();
        let Some(other) = first.get(child.as_str()) else {
            first.insert(child, dump);
            continue;
        };
        let locations = [other.location(), dump.location()];
        let [one, two] = &locations;
        if (&other.app, &other.version) != (&dump.app, &dump.version) {
            let what = format!("{one} and {two} both map to the version table {child}");
            faults.push(Error::refused(what).remedy(
                "set xport_cfg.child_name, for example to '{app}_{version}_{table}', or rename a dump",
            ));
            continue;
        }
        let what = format!("{one} and {two} are the same version of {}", dump.app);
        // Once, and not for each of their tables.
        if said.insert(locations) {
            faults.push(Error::refused(what).remedy("remove or rename one of them"));
        }
    }
    faults
}

fn scan_dump(path: &Path, settings: &Settings) -> Result<Vec<ScannedTable>> {
    let (dump, listed) = source::open(path, settings)?;
    let place = Place::file(&dump.name);
    let types = settings.dialects.type_map(&dump.plain_name).map_err(|error| error.at(place.clone()))?;
    if listed.is_empty() {
        let (descriptor, data) = &settings.extensions;
        tracing::warn!("{}: holds no {descriptor} and {data} files", dump.name);
    }
    let mut tables = Vec::new();
    let mut faults = Vec::new();
    for ListedTable { table, source } in listed {
        if !is_wanted(&table, settings) {
            tracing::warn!(
                "{}: table {table} is not in mother_tables of {} and is skipped",
                dump.name,
                settings.config
            );
            continue;
        }
        match source.and_then(|source| scan_table(source, types, settings)) {
            Ok(table) => tables.push(table),
            Err(error) => faults.push(error.into_refused().at(place.clone())),
        }
    }
    if faults.is_empty() { Ok(tables) } else { Err(Error::many(faults)) }
}

fn is_wanted(table: &str, settings: &Settings) -> bool {
    match &settings.declared {
        None => true,
        Some(mothers) => mothers.iter().any(|mother| mother.name == table),
    }
}

fn scan_table(source: TableSource, types: &TypeMap, settings: &Settings) -> Result<ScannedTable> {
    let table = &source.table;
    if let Some(refusal) = ident::refusal(table) {
        return Err(Error::refused(format!("the table {table} would have {refusal}"))
            .remedy("rename its files in the dump"));
    }
    let child = settings.child_name.of(&source.dump.app, &source.dump.version, table);
    if let Some(refusal) = ident::refusal(&child) {
        return Err(Error::refused(format!("the version table {child} would have {refusal}"))
            .remedy("set xport_cfg.child_name to a shorter pattern, or rename the dump"));
    }
    let described =
        source.describe(settings).map_err(|error| error.into_refused().at(source.descriptor_place()))?;
    let header = source.header(settings).map_err(|error| error.at(source.place()))?;
    if header.byte_order_mark && settings.format.charset == Charset::Latin1 {
        tracing::warn!(
            "{}/{}: begins with a UTF-8 byte-order mark, but is read as latin_1; \
             if it is UTF-8, set xport_cfg.encoding: utf-8",
            source.dump.name,
            source.name
        );
    }
    let columns = columns(&header, &described, types, source.descriptor_place(), source.place())?;
    let dialect = types.name().to_owned();
    Ok(ScannedTable { source, child, header, columns, dialect })
}

/// Joins the header with the descriptor.
fn columns(
    header: &Header,
    described: &[SourceColumn],
    types: &TypeMap,
    at_descriptor: Place,
    at_data: Place,
) -> Result<Vec<ScannedColumn>> {
    let mut faults = Vec::new();
    let mut matched = Vec::new();
    for name in &header.columns {
        match position(described.iter().map(|column| column.name.as_str()), name) {
            Some(index) if matched.contains(&index) => faults.push(
                Error::refused("the header names this column twice")
                    .at(at_data.clone().line(1).column(name))
                    .remedy("rename or remove one of them"),
            ),
            Some(index) => matched.push(index),
            None => faults.push(
                Error::refused("the descriptor does not list this column")
                    .at(at_data.clone().line(1).column(name))
                    .remedy(
                        "add the column to the descriptor, or check xport_cfg.field_separator and dat_quote",
                    ),
            ),
        }
    }
    let only_described = (0..described.len()).filter(|index| !matched.contains(index));
    let order: Vec<(usize, bool)> = matched
        .iter()
        .map(|index| (*index, true))
        .chain(only_described.map(|index| (index, false)))
        .collect();
    let mut columns = Vec::with_capacity(order.len());
    for (index, in_data) in order {
        let SourceColumn { name, source_type } = &described[index];
        match types.resolve(source_type) {
            Ok(type_name) => columns.push(ScannedColumn { name: name.clone(), type_name, in_data }),
            Err(error) => faults.push(error.at(at_descriptor.clone().column(name))),
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(Error::many(faults)) }
}
