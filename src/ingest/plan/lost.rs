//! Columns that a mother without declared columns has, and loses: by being recreated, or since a version's data file no longer has them.

use super::action::Action;
use super::mothers::Mother;
use super::state::State;
use super::unit::Unit;
use crate::ingest::catalogue::names::position;
use crate::ingest::settings::{MothersMode, Settings};
use crate::report::{plural, some_of};
use crate::{Error, Place};

/// Columns, or versions, that a message names.
const NAMED: usize = 5;

/// A message for each mother that is recreated without columns that it has, and for each version that no longer fills some.
pub fn messages(settings: &Settings, mothers: &[Mother], units: &[Unit], state: &State) -> Vec<Error> {
    let derived = || mothers.iter().filter(|mother| !mother.is_declared);
    let versions = |mother: &Mother| -> Vec<&Unit> {
        units.iter().filter(|unit| unit.mother.name() == mother.name).collect()
    };
    match settings.mothers {
        MothersMode::Purge => Vec::new(),
        MothersMode::Recreate => {
            derived().filter_map(|mother| recreated(mother, &versions(mother), state)).collect()
        }
        MothersMode::Keep | MothersMode::Widen => {
            derived().flat_map(versions).filter_map(|unit| unfilled(unit, state)).collect()
        }
    }
}

fn recreated(mother: &Mother, versions: &[&Unit], state: &State) -> Option<Error> {
    let now = || mother.columns.iter().map(|column| column.name.as_str());
    let before = &state.relations.get(&mother.name)?.columns;
    let is_lost = |name: &&str| position(now(), name).is_none();
    let lost: Vec<&str> = before.iter().map(|column| column.name.as_str()).filter(is_lost).collect();
    let lacks = |unit: &&&Unit| {
        let names: Vec<&str> = unit.columns.all().map(|column| column.name.as_str()).collect();
        lost.iter().any(|name| position(names.iter().copied(), name).is_none())
    };
    let lacking: Vec<&str> = versions.iter().filter(lacks).map(|unit| unit.table.name()).collect();
    if lost.is_empty() {
        return None;
    }
    let (word, columns) = (plural(lost.len() as u64, "column"), some_of(&lost, NAMED));
    let who = some_of(&lacking, NAMED);
    let what = format!("loses the {word} {columns}, since not all versions have it: {who} lacks some");
    let remedy = "look for a column that was renamed; mother_tables keeps what it names, and is NULL where a version lacks it";
    Some(Error::refused(what).at(Place::table(&mother.name)).remedy(remedy))
}

/// The columns of the mother that the version was loaded with, and that its data file has no longer.
fn unfilled(unit: &Unit, state: &State) -> Option<Error> {
    let entry = state.ledger.get(unit.table.name()).filter(|_| matches!(unit.action, Action::Replace(_)))?;
    let before: Vec<&str> =
        entry.fingerprint["order"].as_array()?.iter().filter_map(|name| name.as_str()).collect();
    let missing = unit.columns.missing.iter().map(String::as_str);
    let lost: Vec<&str> = missing.filter(|name| before.contains(name)).collect();
    if lost.is_empty() {
        return None;
    }
    let (word, columns) = (plural(lost.len() as u64, "column"), some_of(&lost, NAMED));
    let what = format!(
        "no longer has the {word} {columns}, which the mother has: NULL in every row of {}",
        unit.table.name()
    );
    Some(Error::refused(what).at(unit.source.place()).remedy("look for a column that was renamed"))
}
