//! The columns of a version as its mother calls them: some have another name there, some are left out, and some that the data
//! file lacks have one value in all rows.

use super::names::position;
use super::scanned::{Constant, ScannedColumn};
use crate::config::nearest;
use crate::ingest::settings::Settings;
use crate::ingest::settings::columns::ColumnRule;
use crate::ingest::source::TableSource;
use crate::pg::type_name::TypeName;
use crate::report::some_of;
use crate::{Error, Place, Result};
use std::collections::HashSet;
use std::sync::Arc;

/// Names that a message lists.
const NAMED: usize = 10;
/// The type of a column that no version has in its data file.
const TEXT: &str = "text";

/// The columns of a version, by the rules of the configuration.
#[derive(Debug)]
pub struct Ruled {
    /// Those that are loaded, in their order, and those with one value.
    pub columns: Vec<ScannedColumn>,
    /// Of each column of the data file, whether it is loaded; `None` for all.
    pub kept: Option<Arc<[bool]>>,
    /// The columns that are not.
    pub skipped: Vec<String>,
    /// The columns with one value.
    pub constants: Vec<Constant>,
}

/// Applies the rules to the columns of a version's table.
///
/// # Errors
/// All at once: columns that the version lacks, with the nearest; two columns of one name; a value for a column that the data file
/// has.
pub fn rule(columns: Vec<ScannedColumn>, source: &TableSource, settings: &Settings) -> Result<Ruled> {
    let version = source.dump.version.as_str();
    let mut faults = Vec::new();
    let columns = renamed(columns, source, settings, &mut faults);
    let is_skipped = |column: &ScannedColumn| {
        settings.columns.of(&source.table, &column.name).is_some_and(|rule| rule.skip)
    };
    let of_data = columns.iter().filter(|column| column.in_data);
    let kept: Arc<[bool]> = of_data.map(|column| !is_skipped(column)).collect();
    let (skipped, mut columns): (Vec<ScannedColumn>, Vec<ScannedColumn>) =
        columns.into_iter().partition(is_skipped);
    let mut constants = Vec::new();
    for rule in settings.columns.of_mother(&source.table) {
        if let Some(value) = rule.value_in(version) {
            let key = format!("{}.value.{version}", rule.key);
            constants.push(Constant { name: rule.column.clone(), value: value.to_owned(), key });
        }
    }
    if let Some(name) = &settings.version_column {
        let (name, key) = (name.clone(), "version_column".to_owned());
        constants.push(Constant { name, value: version.to_owned(), key });
    }
    for Constant { name, key, .. } in &constants {
        if position(columns.iter().map(|column| column.name.as_str()), name).is_some() {
            let what = format!("{key}: this version has a column {name} of its own");
            let remedy =
                "name another column, or load this one under another name with columns: {…: {from: …}}";
            faults.push(Error::refused(what).at(source.descriptor_place()).remedy(remedy));
            continue;
        }
        columns.push(ScannedColumn {
            name: name.clone(),
            source_type: TEXT.to_owned(),
            type_name: TypeName::parse(TEXT)?,
            by_own_name: false,
            in_data: false,
        });
    }
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    let all = kept.iter().all(|kept| *kept);
    if !kept.is_empty() && kept.iter().all(|kept| !kept) {
        return Err(Error::refused("skip: true leaves out all columns of its data file")
            .at(source.descriptor_place())
            .remedy("leave out the table: name the others in mother_tables"));
    }
    let skipped = skipped.into_iter().map(|column| column.name).collect();
    Ok(Ruled { columns, kept: (!all).then_some(kept), skipped, constants })
}

/// The columns with the names that they have in the mother.
fn renamed(
    mut columns: Vec<ScannedColumn>,
    source: &TableSource,
    settings: &Settings,
    faults: &mut Vec<Error>,
) -> Vec<ScannedColumn> {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for rule in settings.columns.of_mother(&source.table) {
        let Some(wanted) = rule.name_in(&source.dump.version) else { continue };
        match position(names.iter().map(String::as_str), wanted) {
            Some(place) => columns[place].name.clone_from(&rule.column),
            None => faults.push(lacks(rule, wanted, &names, source, settings)),
        }
    }
    let mut seen = HashSet::new();
    for column in columns.iter().filter(|column| !seen.insert(column.name.clone())) {
        let what = format!("two columns of this version would be called {}", column.name);
        let remedy = "give the other one another name with from as well";
        faults.push(Error::refused(what).at(source.descriptor_place()).remedy(remedy));
    }
    columns
}

fn lacks(
    rule: &ColumnRule,
    wanted: &str,
    names: &[String],
    source: &TableSource,
    settings: &Settings,
) -> Error {
    let version = &source.dump.version;
    let what = format!("{}.from.{version}: {} has no column {wanted}", rule.key, source.label());
    let remedy = match nearest(wanted, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("its columns are {}", some_of(names, NAMED)),
    };
    Error::refused(what).at(Place { line: rule.line, ..Place::file(&settings.config) }).remedy(remedy)
}
