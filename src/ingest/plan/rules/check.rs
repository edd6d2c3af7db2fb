//! Rules for tables and columns that are not there.

use crate::config::nearest;
use crate::ingest::catalogue::names::position;
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::ingest::settings::columns::{ColumnRule, MotherRules};
use crate::pg::ident::quote;
use crate::report::some_of;
use crate::{Error, Place, Result};
use postgres::Client;
use std::collections::BTreeSet;

/// Names that a message lists.
const NAMED: usize = 10;

/// Checks that each rule is for a column which a version has, of this run or loaded before. Of a pattern, and of tables that no
/// dump has, it only warns: they may be in the dumps of another run.
///
/// # Errors
/// All at once: columns that no version has, with the nearest; what the server reports.
pub fn check(settings: &Settings, units: &[Unit], client: &mut Client) -> Result<()> {
    let mut faults = Vec::new();
    for entry in settings.columns.all() {
        let versions: Vec<&Unit> = units.iter().filter(|unit| entry.has(unit.mother.name())).collect();
        if versions.is_empty() {
            if !settings.selection.is_partial() {
                warn_of_no_table(entry, units);
            }
            continue;
        }
        let mut names = names_of(&versions);
        let lacks = |names: &BTreeSet<String>, rule: &ColumnRule| {
            position(names.iter().map(String::as_str), &rule.column).is_none()
        };
        if entry.columns.iter().any(|rule| lacks(&names, rule)) {
            names.extend(loaded_names(&versions, client)?);
        }
        for rule in entry.columns.iter().filter(|rule| lacks(&names, rule)) {
            let error = unknown(rule, &names).at(Place { line: rule.line, ..Place::file(&settings.config) });
            match entry.is_pattern() {
                false => faults.push(error),
                true if settings.selection.is_partial() => {}
                true => tracing::warn!("{error}"),
            }
        }
    }
    faults.extend(without_version_column(settings, units));
    if faults.is_empty() { Ok(()) } else { Err(Error::many(faults)) }
}

/// The mothers that are there and lack the column that says the version.
fn without_version_column(settings: &Settings, units: &[Unit]) -> Vec<Error> {
    let Some(name) = &settings.version_column else { return Vec::new() };
    let lacks = |unit: &&Unit| unit.columns.of_mother.iter().all(|column| column.name != *name);
    let mothers: BTreeSet<(&str, String)> =
        units.iter().filter(lacks).map(|unit| (unit.mother.name(), unit.mother.to_string())).collect();
    let fault = |(table, mother): (&str, String)| {
        let what = format!("lacks the column {name}, which version_column names");
        let column = quote(name);
        Error::refused(what).at(Place::table(table)).remedy(format!(
            "run ALTER TABLE {mother} ADD COLUMN {column} text, or load with --mothers recreate"
        ))
    };
    mothers.into_iter().map(fault).collect()
}

fn warn_of_no_table(entry: &MotherRules, units: &[Unit]) {
    let meant = match nearest(&entry.name, units.iter().map(|unit| unit.mother.name())) {
        Some(meant) if !entry.is_pattern() => format!("; did you mean {meant}?"),
        _ => String::new(),
    };
    tracing::warn!("columns.{}: no dump has this table{meant}", entry.name);
}

/// The columns of these versions.
fn names_of(versions: &[&Unit]) -> BTreeSet<String> {
    let loaded = versions.iter().flat_map(|unit| unit.columns.all()).map(|column| &column.name);
    loaded.chain(versions.iter().flat_map(|unit| &unit.rules.skipped)).cloned().collect()
}

/// The columns of all versions of the same mothers that are loaded.
fn loaded_names(versions: &[&Unit], client: &mut Client) -> Result<BTreeSet<String>> {
    let mothers: BTreeSet<String> = versions.iter().map(|unit| unit.mother.to_string()).collect();
    let mothers: Vec<String> = mothers.into_iter().collect();
    let sql = "SELECT DISTINCT attname::text FROM pg_attribute JOIN pg_inherits ON inhrelid = attrelid \
               WHERE inhparent = ANY (SELECT to_regclass(name) FROM unnest($1::text[]) name) \
               AND attnum > 0 AND NOT attisdropped";
    Ok(client.query(sql, &[&mothers])?.iter().map(|row| row.get(0)).collect())
}

fn unknown(rule: &ColumnRule, names: &BTreeSet<String>) -> Error {
    let remedy = match nearest(&rule.column, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("the columns are {}", some_of(&names.iter().collect::<Vec<_>>(), NAMED)),
    };
    Error::refused(format!("{}: no version has this column", rule.key)).remedy(remedy)
}
