//! Versions that are wider than their mother: what its columns do not hold is said before the load, with the ways out.

use super::action::Action;
use super::columns::Retyped;
use super::mothers::Mother;
use super::state::State;
use super::unit::Unit;
use crate::ingest::catalogue::names::position;
use crate::ingest::settings::{MothersMode, Settings};
use crate::ingest::types::common_type::common_type;
use crate::pg::catalog::Column;
use crate::pg::ident::{Qualified, quote};
use crate::pg::type_name::TypeName;
use crate::report::some_of;
use crate::{Error, Place};

/// The most types of one column that a message names, and the most versions of one type.
const NAMED: usize = 3;

/// A message for each mother that lacks columns which all its versions have: a widening adds none.
pub fn not_added(settings: &Settings, mothers: &[Mother], units: &[Unit], state: &State) -> Vec<Error> {
    if settings.mothers != MothersMode::Widen {
        return Vec::new();
    }
    let of_mother = |mother: &Mother| {
        let versions: Vec<&Unit> = units.iter().filter(|unit| unit.mother.name() == mother.name).collect();
        let is_at_hand = |child: &Qualified| versions.iter().any(|unit| unit.table == *child);
        let mut children = state.children.iter().filter(|child| child.parent == mother.name);
        let (first, others) =
            versions.split_first().filter(|_| children.all(|child| is_at_hand(&child.child)))?;
        let own = |unit: &Unit| unit.columns.own.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let in_others: Vec<Vec<String>> = others.iter().map(|unit| own(unit)).collect();
        let is_in =
            |names: &Vec<String>, name: &str| position(names.iter().map(String::as_str), name).is_some();
        let is_common = |name: &String| in_others.iter().all(|names| is_in(names, name));
        let common: Vec<String> = own(first).into_iter().filter(is_common).collect();
        (!common.is_empty()).then(|| {
            let what = format!(
                "lacks {}, which all versions have; --mothers widen adds no column",
                some_of(&common, NAMED)
            );
            Error::failed(what).remedy("--mothers recreate does").at(Place::table(&mother.name))
        })
    };
    mothers.iter().filter(|mother| !mother.is_declared).filter_map(of_mother).collect()
}

/// A type that a mother's column does not hold, and the versions that have it.
struct WiderType<'u> {
    own: &'u TypeName,
    source_type: &'u str,
    versions: Vec<&'u str>,
}

/// A message for each column of each mother that does not hold all of the versions to be loaded.
pub fn messages(settings: &Settings, mothers: &[Mother], units: &[Unit], state: &State) -> Vec<Error> {
    let mut messages = Vec::new();
    for mother in mothers {
        let is_loaded = |unit: &&Unit| unit.mother.name() == mother.name && unit.action != Action::Skip;
        let wider: Vec<(&Unit, &Retyped)> = units
            .iter()
            .filter(is_loaded)
            .flat_map(|unit| unit.columns.retyped.iter().map(move |retyped| (unit, retyped)))
            .filter(|(_, retyped)| !retyped.is_held())
            .collect();
        for column in &mother.columns {
            let types = wider_types(column, &wider);
            if !types.is_empty() {
                let way_out = way_out(settings, mother, column, &types, state);
                messages.push(message(column, &types).remedy(way_out).at(Place::table(&mother.name)));
            }
        }
    }
    messages
}

fn wider_types<'u>(column: &Column, wider: &[(&'u Unit, &'u Retyped)]) -> Vec<WiderType<'u>> {
    let mut types: Vec<WiderType<'_>> = Vec::new();
    for (unit, Retyped { of_mother, own, source_type }) in wider {
        if of_mother.name != column.name {
            continue;
        }
        let version = unit.table.name();
        match types.iter_mut().find(|known| (known.own, known.source_type) == (own, source_type)) {
            Some(known) => known.versions.push(version),
            None => types.push(WiderType { own, source_type, versions: vec![version] }),
        }
    }
    types
}

fn message(column: &Column, types: &[WiderType<'_>]) -> Error {
    let of_type = |WiderType { own, source_type, versions }: &WiderType<'_>| {
        let versions = some_of(versions, NAMED);
        format!("{own} ({source_type} of {versions})")
    };
    let what = format!(
        "is {}, which does not hold all of {}; values that fit are loaded, others are refused",
        column.type_name,
        some_of(&types.iter().map(of_type).collect::<Vec<_>>(), NAMED)
    );
    Error::failed(what).at(Place::default().column(&column.name))
}

/// What a user can do so that the column holds all of them.
fn way_out(
    settings: &Settings,
    mother: &Mother,
    column: &Column,
    types: &[WiderType<'_>],
    state: &State,
) -> String {
    let exists = state.relations.contains_key(&mother.name) && settings.mothers != MothersMode::Recreate;
    let is_ours = state.our_mothers.contains(&mother.name);
    let is_declared = |declared: &(String, TypeName)| declared.0 == column.name;
    let declares = settings.declared.iter().flatten().find(|declared| declared.name == mother.name);
    let wide = types.iter().fold(column.type_name.clone(), |wide, other| common_type(&wide, other.own));
    let by_mode = "run with --mothers widen, which alters the mother, or --mothers recreate, which loads all versions again";
    let alter = format!(
        "ALTER TABLE {} ALTER COLUMN {} TYPE {wide}",
        Qualified::new(&state.rights.schema, &mother.name),
        quote(&column.name)
    );
    match (declares.is_some_and(|declared| declared.columns.iter().flatten().any(is_declared)), exists) {
        (true, true) if is_ours => format!("let mother_tables say {wide}, and {by_mode}"),
        (true, true) => format!("let mother_tables say {wide}, and run {alter}"),
        (true, false) => format!("let mother_tables say {wide}"),
        (false, _) if is_ours => by_mode.to_owned(),
        (false, _) => format!("run {alter}"),
    }
}
