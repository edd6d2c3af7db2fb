//! The catalogue: every table of every dump, with its columns, before anything is written.
//!
//! The dumps are scanned in parallel. The faults of all of them are reported together.

use super::collisions;
use super::names::position;
use super::other_map;
use super::ruled::{Ruled, rule};
pub use super::scanned::{Constant, ScannedColumn, ScannedTable};
use crate::copy::input::charset::Charset;
use crate::copy::input::header::Header;
use crate::ingest::settings::{Dialect, Settings};
use crate::ingest::source::descriptor::SourceColumn;
use crate::ingest::source::superseded::{self, Superseded};
use crate::ingest::source::{self, ListedDump, ListedTable, TableSource, find};
use crate::ingest::types::{Resolved, TypeMap, is_standard};
use crate::pg::ident;
use crate::pg::type_name::TypeName;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Scans all dumps but those of which a newer one is there, and gives these, too.
///
/// # Errors
/// All faults of all dumps, two dumps that map to one version table, and copies of a dump.
pub fn scan(settings: &Settings) -> Result<(Vec<ScannedTable>, Vec<Superseded>)> {
    let mut paths = find::find(settings)?;
    let superseded = superseded::take(&mut paths, settings);
    let mut scanned: Vec<Result<ScannedDump>> =
        paths.par_iter().map(|path| scan_dump(path, settings)).collect();
    // A scan that decrypts takes a while.
    interrupt::check()?;
    if scanned.iter().all(Result::is_ok) {
        check_tables(&mut scanned.iter_mut().flatten().collect::<Vec<_>>(), settings)?;
    }
    let scanned: Vec<Result<Vec<ScannedTable>>> =
        scanned.into_iter().map(|dump| dump.and_then(|dump| dump.tables)).collect();
    let collisions = collisions::faults(&scanned.iter().flatten().flatten().collect::<Vec<_>>(), settings);
    let of_types = |tables: Vec<ScannedTable>| tables.into_iter().flat_map(into_type_faults).collect();
    let mut faults = match all(scanned, of_types) {
        Ok(tables) if collisions.is_empty() => {
            return Ok((tables.into_iter().flatten().collect(), superseded));
        }
        Ok(_) => Vec::new(),
        Err(faults) => faults,
    };
    faults.extend(collisions);
    Err(Error::gathered(faults))
}

/// A dump that was scanned.
struct ScannedDump {
    /// The names of all its tables.
    names: BTreeSet<String>,
    /// Why it holds no tables, if it does not.
    empty: Option<Error>,
    /// The tables to be loaded, or all that is wrong with them.
    tables: Result<Vec<ScannedTable>>,
}

/// Checks that there is something to load.
///
/// # Errors
/// Dumps of which none holds a table; a table of `--table` that no dump has.
fn check_tables(dumps: &mut [&mut ScannedDump], settings: &Settings) -> Result<()> {
    let empty: Vec<Error> = dumps.iter_mut().filter_map(|dump| dump.empty.take()).collect();
    if !empty.is_empty() && empty.len() == dumps.len() {
        return Err(Error::many(empty));
    }
    empty.iter().for_each(|error| tracing::warn!("{error}"));
    let mut names: BTreeSet<String> = dumps.iter().flat_map(|dump| &dump.names).cloned().collect();
    names.extend(settings.declared.iter().flatten().map(|mother| mother.name.clone()));
    settings.selection.check(&names)
}

/// All results, or the faults in the same order, and what is wrong with the types of the others.
fn all<T>(results: Vec<Result<T>>, of_types: impl Fn(T) -> Vec<Error>) -> Result<Vec<T>, Vec<Error>> {
    if results.iter().all(Result::is_ok) {
        return Ok(results.into_iter().flatten().collect());
    }
    let faults = results.into_iter().map(|result| result.map_or_else(|error| vec![error], &of_types));
    Err(faults.flatten().collect())
}

/// What is wrong with the types of a table, as far as the database has not been asked.
fn into_type_faults(table: ScannedTable) -> Vec<Error> {
    let place = table.source.descriptor_place();
    let unasked = unasked(&table.columns, &table.types, &place);
    [table.type_faults, unasked].into_iter().flatten().collect()
}

/// Columns of types that only the database can know, where the run ends before it is asked.
fn unasked(columns: &[ScannedColumn], types: &TypeMap, place: &Place) -> Vec<Error> {
    let unasked = columns.iter().filter(|column| column.by_own_name && !is_standard(&column.type_name));
    unasked
        .map(|column| types.unknown_to_maps(&column.source_type).at(place.clone().column(&column.name)))
        .collect()
}

fn scan_dump(path: &Path, settings: &Settings) -> Result<ScannedDump> {
    let ListedDump { dump, tables: listed, left_out, others } = source::open(path, settings)?;
    let place = Place::file(&dump.name);
    let dialect = settings.dialects.of_dump(&dump.plain_name).map_err(|error| error.at(place.clone()))?;
    let names: BTreeSet<String> = listed.iter().map(|listed| listed.table.clone()).chain(left_out).collect();
    let empty = names.is_empty().then(|| {
        let (descriptor, data) = &settings.extensions;
        let what = format!("holds no {descriptor} and {data} files; {}", others.describe());
        Error::refused(what).at(place.clone()).remedy(
            "set xport_cfg.fmt_extension and dat_extension to the extensions of its files, or move it away",
        )
    });
    let mut tables = Vec::new();
    for ListedTable { table, source } in listed {
        if !is_wanted(&table, settings) {
            tracing::warn!(
                "{}: table {table} is not in mother_tables of {} and is skipped",
                dump.name,
                settings.config
            );
            continue;
        }
        let scanned = source.and_then(|source| scan_table(source, dialect, settings));
        tables.push(scanned.map_err(|error| error.into_refused().at(place.clone())));
    }
    let tables = all(tables, into_type_faults).map_err(Error::many);
    if let Some(warning) =
        tables.as_deref().ok().and_then(|tables| other_map::warning(&dump.plain_name, dialect, tables))
    {
        tracing::warn!("{warning}");
    }
    Ok(ScannedDump { names, empty, tables })
}

fn is_wanted(table: &str, settings: &Settings) -> bool {
    match &settings.declared {
        None => true,
        Some(mothers) => mothers.iter().any(|mother| mother.name == table),
    }
}

fn scan_table(source: TableSource, dialect: &Dialect, settings: &Settings) -> Result<ScannedTable> {
    let table = &source.table;
    if let Some(refusal) = ident::refusal(table) {
        return Err(Error::refused(format!("the table {table} would have {refusal}"))
            .remedy("rename its files in the dump"));
    }
    let child = settings.child_name.of(&source.dump.app, &source.dump.version, table, &source.folder);
    if let Some(refusal) = ident::refusal(&child) {
        return Err(Error::refused(format!("the version table {child} would have {refusal}"))
            .remedy("set xport_cfg.child_name to a shorter pattern, or rename the dump"));
    }
    let (format, limits) = (&dialect.text.format, &settings.limits);
    let described = source
        .describe(format, limits)
        .map_err(|error| error.into_refused().at(source.descriptor_place()))?;
    let (mut header, header_bytes) =
        source.header(format, limits).map_err(|error| error.at(source.place()))?;
    if !format.has_header {
        header.columns = described.iter().map(|column| column.name.clone()).collect();
    }
    if header.has_cr {
        tracing::warn!(
            "{}/{}: the first line ends with CR LF, but line_end is LF, so each CR is a character of the last column; \
             if it is none, set line_end: \"\\r\\n\"",
            source.dump.name,
            source.name
        );
    }
    if header.has_rule {
        tracing::warn!(
            "{}/{}: the line below the header holds only dashes, as sqlcmd and other programs draw it, and is loaded as a row; if it is \
             none, remove it",
            source.dump.name,
            source.name
        );
    }
    if header.byte_order_mark && format.charset == Charset::Latin1 {
        tracing::warn!(
            "{}/{}: begins with a UTF-8 byte-order mark, but is read as latin_1; \
             if it is UTF-8, set xport_cfg.encoding: utf-8",
            source.dump.name,
            source.name
        );
    }
    let is_skipped = |name: &str| settings.columns.of(table, name).is_some_and(|rule| rule.skip);
    let places = [source.descriptor_place(), source.place()];
    let (columns, type_faults) = columns(&header, &described, &dialect.types, &is_skipped, places)?;
    let Ruled { columns, kept, skipped, constants } = rule(columns, &source, settings)?;
    let (types, text) = (Arc::clone(&dialect.types), Arc::clone(&dialect.text));
    Ok(ScannedTable {
        source,
        child,
        header,
        header_bytes,
        columns,
        types,
        text,
        kept,
        skipped,
        constants,
        type_faults,
    })
}

/// Joins the header with the descriptor. The types of columns that are skipped need not be known.
fn columns(
    header: &Header,
    described: &[SourceColumn],
    types: &TypeMap,
    is_skipped: &dyn Fn(&str) -> bool,
    [at_descriptor, at_data]: [Place; 2],
) -> Result<(Vec<ScannedColumn>, Vec<Error>)> {
    let mut faults = Vec::new();
    let mut type_faults = Vec::new();
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
        let SourceColumn { name, source_type, bare_type } = &described[index];
        let (type_name, by_own_name) = match types.resolve(source_type, bare_type.as_deref()) {
            Ok(Resolved::Mapped(type_name)) => (type_name, false),
            Ok(Resolved::OwnName(type_name)) => (type_name, true),
            Err(_) if is_skipped(name) => (TypeName::parse("text")?, false),
            Err(error) => {
                type_faults.push(error.at(at_descriptor.clone().column(name)));
                continue;
            }
        };
        let (name, source_type) = (name.clone(), source_type.clone());
        columns.push(ScannedColumn { name, source_type, type_name, by_own_name, in_data });
    }
    if faults.is_empty() {
        return Ok((columns, type_faults));
    }
    faults.extend(type_faults);
    faults.extend(unasked(&columns, types, &at_descriptor));
    Err(Error::many(faults))
}
