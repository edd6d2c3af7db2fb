//! The mother tables of a run, and their columns.

use super::state::State;
use crate::ingest::catalogue::names::match_names;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::{DeclaredMother, MothersMode, Settings};
use crate::ingest::source::name::numbered;
use crate::ingest::types::common_type::{common_type, holds};
use crate::ingest::union::{Typed, UnionView};
use crate::pg::catalog::{Column, Relation};
use crate::pg::ident::Qualified;
use crate::pg::type_name::{TypeName, TypeNames};
use crate::table::ledger::loads::Entry;
use crate::{Error, Place, Result};
use postgres::Client;

/// A mother table, as it will be when the load begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mother {
    /// Its name.
    pub name: String,
    /// Its columns, as the server spells them.
    pub columns: Vec<Column>,
    /// Its `CHECK` constraints, which every version table must have.
    pub checks: Vec<String>,
    /// Whether `mother_tables` lists its columns.
    pub is_declared: bool,
    /// The columns that it has now with narrower types.
    pub widened: Vec<Column>,
}

impl Mother {
    /// Its union view, when the load begins.
    pub fn view(&self, schema: &str, settings: &Settings) -> UnionView {
        let is_widened = |column: &&Column| self.widened.iter().any(|before| before.name == column.name);
        let typed = |column: &Column| -> Typed { (column.name.clone(), column.sql_type()) };
        let widened = self.columns.iter().filter(is_widened).map(typed).collect();
        UnionView::of(&Qualified::new(schema, &self.name), settings.views).with_types(widened)
    }
}

/// The names of the mothers of a run.
pub fn names<'n>(settings: &'n Settings, catalogue: &'n [ScannedTable]) -> Vec<&'n str> {
    match &settings.declared {
        // One whose columns are those of its versions needs a version, unless it is to be dropped.
        Some(declared) => {
            let has_version = |name: &String| catalogue.iter().any(|scanned| scanned.source.table == *name);
            let is_made = |mother: &&DeclaredMother| {
                mother.columns.is_some()
                    || settings.mothers == MothersMode::Purge
                    || has_version(&mother.name)
            };
            declared.iter().filter(is_made).map(|mother| mother.name.as_str()).collect()
        }
        None => {
            let mut names: Vec<&str> =
                catalogue.iter().map(|scanned| scanned.source.table.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            names
        }
    }
}

/// Mothers that are to be dropped: only their names matter.
pub fn named(names: &[&str]) -> Vec<Mother> {
    let mother = |name: &&str| Mother {
        name: (*name).to_owned(),
        columns: Vec::new(),
        checks: Vec::new(),
        is_declared: false,
        widened: Vec::new(),
    };
    names.iter().map(mother).collect()
}

/// Works out the columns of every mother: those of an existing table that is kept, or else those that are declared, or else
/// those that all versions have.
///
/// # Errors
/// All at once: names that something else has, types that the server does not know, declarations that contradict an existing
/// table, versions without a common column.
pub fn resolve(
    settings: &Settings,
    catalogue: &[ScannedTable],
    state: &State,
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Vec<Mother>> {
    let mut mothers = Vec::new();
    let mut faults = Vec::new();
    for name in names(settings, catalogue) {
        let existing = state.relations.get(name);
        let kept = existing.filter(|_| settings.mothers.keeps_tables());
        let declared = settings.declared.iter().flatten().find(|declared| declared.name == name);
        let declared = declared.and_then(|declared| declared.columns.as_deref());
        let may_be_mother = check_name(name, existing, state).and_then(|()| match (declared, kept) {
            (None, Some(_)) => check_may_be_mother(name, state),
            _ => Ok(()),
        });
        let columns = may_be_mother.and_then(|()| match (declared, kept) {
            (Some(declared), _) => {
                let mut declared = declared_columns(declared, &settings.config, client, types)?;
                if let (Some(name), None) = (&settings.version_column, kept)
                    && declared.iter().all(|column| column.name != *name)
                {
                    declared.push(Column::plain(name, TypeName::parse("text")?));
                }
                kept.map_or(Ok(declared.clone()), |table| agreed(&declared, table, settings.mothers))
            }
            (None, Some(table)) if settings.mothers == MothersMode::Keep => Ok(table.columns.clone()),
            (None, kept) => {
                let versions: Vec<&ScannedTable> =
                    catalogue.iter().filter(|scanned| scanned.source.table == name).collect();
                match kept {
                    Some(table) => widened_columns(table, &versions, client, types),
                    None => common_columns(&versions, client, types),
                }
            }
        });
        match columns {
            Ok(columns) => mothers.push(Mother {
                name: name.to_owned(),
                widened: kept.map_or(Vec::new(), |table| changed(&table.columns, &columns)),
                columns,
                checks: kept.map_or(Vec::new(), |table| table.checks.clone()),
                is_declared: declared.is_some(),
            }),
            Err(error) => faults.push(error.into_refused().at(Place::table(name))),
        }
        if kept.is_some() && state.own_rows.iter().any(|mother| mother == name) {
            tracing::warn!(
                "mother table {name} has rows of its own, which queries of it see beside the versions'"
            );
        }
    }
    if faults.is_empty() { Ok(mothers) } else { Err(Error::many(faults)) }
}

/// Checks that the mother's name is free, or that its table may become or stay a mother.
fn check_name(name: &str, existing: Option<&Relation>, state: &State) -> Result<()> {
    match existing {
        Some(_) if state.ledger.contains_key(name) => Err(Error::refused(format!(
            "cannot be a mother table: it is a version table of {}",
            state.ledger[name].mother
        ))
        .remedy("set xport_cfg.child_name, so that version tables get other names")),
        Some(relation) if relation.kind != 'r' => Err(Error::refused(format!(
            "cannot be a mother table: there is {} of that name",
            relation.kind_name()
        ))
        .remedy(format!("rename it, or let mother_tables list the tables to load, without {name}"))),
        Some(relation) if !relation.owned => {
            Err(Error::refused("belongs to another role, so that no version table can be attached to it")
                .remedy("connect as its owner, or make this role a member of the owner"))
        }
        Some(relation) if relation.partition => {
            Err(Error::refused("cannot be a mother table: it is a partition of another table")
                .remedy(format!("rename it, or let mother_tables list the tables to load, without {name}")))
        }
        Some(Relation { columns, .. }) => match columns.iter().find(|column| column.generated) {
            Some(column) => Err(Error::refused("is generated, so that no version table can hold it")
                .at(Place::default().column(&column.name))
                .remedy("drop the column from the mother table")),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// Checks that a table that no configuration names is a mother already: a dump must not add rows to a table of its choice.
fn check_may_be_mother(name: &str, state: &State) -> Result<()> {
    let has_version =
        |(version, entry): (&String, &Entry)| entry.mother == name && state.is_child(name, version);
    if state.our_mothers.contains(name) || state.ledger.iter().any(has_version) {
        return Ok(());
    }
    Err(Error::refused("is there, and pghaul did not create it: queries of it would see the dump's rows as its own").remedy(
        "name it and its columns in mother_tables if that is what you want; else rename it, or load into another schema",
    ))
}

fn declared_columns(
    declared: &[(String, TypeName)],
    config: &str,
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Vec<Column>> {
    let mut columns = Vec::with_capacity(declared.len());
    for (name, type_name) in declared {
        let canonical =
            types.canonical(client, type_name).map_err(|error| error.at(Place::file(config).column(name)))?;
        columns.push(Column::plain(name, canonical));
    }
    Ok(columns)
}

/// The columns of an existing table, which must have the declared ones with the declared types, or be widened to these. It may
/// have more columns.
fn agreed(declared: &[Column], table: &Relation, mode: MothersMode) -> Result<Vec<Column>> {
    let mut columns = table.columns.clone();
    let mut faults = Vec::new();
    for Column { name, type_name, .. } in declared {
        let place = Place::default().column(name);
        match columns.iter_mut().find(|existing| existing.name == *name) {
            Some(existing) if existing.type_name == *type_name => {}
            Some(existing) if mode == MothersMode::Widen && holds(type_name, &existing.type_name) => {
                existing.type_name = type_name.clone();
            }
            Some(Column { type_name: existing, .. }) => {
                let way_out = match holds(type_name, existing) {
                    true => "alter the mother with --mothers widen",
                    false => "load everything again with --mothers recreate",
                };
                faults.push(
                    Error::refused(format!(
                        "is {existing} in the database, but mother_tables says {type_name}"
                    ))
                    .at(place)
                    .remedy(format!("change mother_tables, or {way_out}")),
                );
            }
            None => faults.push(
                Error::refused("is in mother_tables, but not in the existing table")
                    .at(place)
                    .remedy("change mother_tables, or load everything again with --mothers recreate"),
            ),
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(Error::many(faults)) }
}

/// The columns `before` that have another type in `after`, which are the same columns.
fn changed(before: &[Column], after: &[Column]) -> Vec<Column> {
    let pairs = before.iter().zip(after);
    pairs
        .filter(|(before, after)| before.type_name != after.type_name)
        .map(|(before, _)| before.clone())
        .collect()
}

/// The columns of an existing mother, each with the least type that holds its present one and those of these versions.
///
/// # Errors
/// Types that the server does not know.
fn widened_columns(
    table: &Relation,
    versions: &[&ScannedTable],
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Vec<Column>> {
    let mut columns = table.columns.clone();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    for version in versions {
        for (column, place) in version.columns.iter().zip(match_names(&names_of(version), &names)) {
            let Some(of_mother) = place.and_then(|place| columns.get_mut(place)) else { continue };
            // A value that the configuration says is one of the mother's type.
            if version.constants.iter().any(|constant| constant.name == column.name) {
                continue;
            }
            let at = || version.source.descriptor_place().column(&column.name);
            let own = types.canonical(client, &column.type_name).map_err(|error| error.at(at()))?;
            of_mother.type_name = common_type(&of_mother.type_name, &own);
        }
    }
    Ok(columns)
}

fn names_of(scanned: &ScannedTable) -> Vec<&str> {
    scanned.columns.iter().map(|column| column.name.as_str()).collect()
}

/// The columns that all versions have, with the least type that holds all of theirs. Names and order are those of the
/// first version, as people count (`v2` before `v10`), so that nothing depends on the order in which versions arrive.
fn common_columns(
    versions: &[&ScannedTable],
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Vec<Column>> {
    let mut versions = versions.to_vec();
    versions.sort_by_cached_key(|scanned| (numbered(&scanned.child), &scanned.child));
    let Some((first, others)) = versions.split_first() else { return Ok(Vec::new()) };
    let in_others: Vec<Vec<Option<usize>>> =
        others.iter().map(|scanned| match_names(&names_of(first), &names_of(scanned))).collect();
    let mut columns = Vec::new();
    for (number, column) in first.columns.iter().enumerate() {
        let indexes: Option<Vec<usize>> = in_others.iter().map(|matched| matched[number]).collect();
        let Some(indexes) = indexes else { continue };
        let mut canonical = |scanned: &ScannedTable, type_name: &TypeName| {
            let place = scanned.source.descriptor_place().column(&column.name);
            types.canonical(client, type_name).map_err(|error| error.at(place))
        };
        let mut type_name = canonical(first, &column.type_name)?;
        for (scanned, index) in others.iter().zip(indexes) {
            type_name = common_type(&type_name, &canonical(scanned, &scanned.columns[index].type_name)?);
        }
        columns.push(Column::plain(&column.name, type_name));
    }
    if columns.is_empty() {
        return Err(Error::refused("its versions have no column in common")
            .remedy("declare the mother's columns in mother_tables"));
    }
    Ok(columns)
}
