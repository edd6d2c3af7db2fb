//! What there is to do: the catalogue compared with what the database holds.

pub mod action;
pub mod changes;
pub mod columns;
mod lost;
pub mod mothers;
mod origin;
mod own_types;
pub mod print;
pub mod reason;
pub mod removal;
pub mod rules;
pub mod state;
pub mod unit;
mod views;
pub mod widening;
mod wider;

use super::catalogue::scan::ScannedTable;
use super::settings::{MothersMode, Settings};
use super::union::UnionView;
use crate::pg::type_name::TypeNames;
use crate::table::ledger::loads;
use crate::table::ledger::setup::Rights;
use crate::{Error, Result};
use changes::Changes;
use mothers::Mother;
use postgres::Client;
use state::State;
use std::collections::BTreeSet;
use unit::Unit;

/// A run, before anything is written.
pub struct Plan {
    /// The mothers as they will be when the load begins.
    pub mothers: Vec<Mother>,
    /// What happens to mothers.
    pub changes: Changes,
    /// The units, loaded or not.
    pub units: Vec<Unit>,
    /// The union view of each mother, in their order.
    pub views: Vec<UnionView>,
    /// The schema of all tables.
    pub schema: String,
    /// Whether any run has loaded into this database.
    pub ledger_exists: bool,
    /// What mothers do not hold of their versions, a message for each column, and what they lose.
    pub wider: Vec<Error>,
}

impl Plan {
    /// Compares the catalogue with what the database holds.
    ///
    /// # Errors
    /// All faults of the types, or of the mothers, or of the changes, or of the units; what the server reports.
    pub fn new(settings: &Settings, mut catalogue: Vec<ScannedTable>, client: &mut Client) -> Result<Plan> {
        let names = mothers::names(settings, &catalogue);
        let children: Vec<&str> = catalogue.iter().map(|scanned| scanned.child.as_str()).collect();
        let mut state = State::read(client, &names, &children)?;
        if settings.mothers == MothersMode::Purge {
            let changes = Changes::new(settings, &catalogue, &mothers::named(&names), &state)?;
            let Rights { schema, ledger_exists } = state.rights;
            let (mothers, units, views, wider) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
            return Ok(Plan { mothers, changes, units, views, schema, ledger_exists, wider });
        }
        let mut types = TypeNames::default();
        rules::types::take(&mut catalogue);
        own_types::check(&mut catalogue, client, &mut types)?;
        let mothers = mothers::resolve(settings, &catalogue, &state, client, &mut types)?;
        let views = views::of_mothers(settings, &mothers, &catalogue, &state)?;
        let mut changes = Changes::new(settings, &catalogue, &mothers, &state)?;
        changes.widenings = widening::plan(settings, &mothers, &catalogue, &state, client, &mut types)?;
        let widened = changes.widenings.iter().flat_map(|widening| &widening.fingerprints);
        state.set_fingerprints(widened.map(|(unit, [_, after])| (unit.as_str(), after)));
        let units = unit::build(settings, catalogue, &mothers, &state, client, &mut types)?;
        rules::check::check(settings, &units, client)?;
        warn_of_unknown_columns(settings, &units);
        warn_of_emptied(&units, &state, client)?;
        let mut wider = wider::messages(settings, &mothers, &units, &state);
        wider.extend(wider::not_added(settings, &mothers, &units, &state));
        wider.extend(lost::messages(settings, &mothers, &units, &state));
        let Rights { schema, ledger_exists } = state.rights;
        Ok(Plan { mothers, changes, units, views, schema, ledger_exists, wider })
    }

    /// The rules for columns of a mother's versions, as they can be written.
    pub fn rules_of(&self, mother: &Mother) -> BTreeSet<String> {
        self.units_of(&mother.name).flat_map(|unit| unit.rules.shown.iter().cloned()).collect()
    }

    /// The units of a mother.
    pub fn units_of(&self, mother: &str) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.mother.name() == mother)
    }
}

/// A run loads emptied tables again, but not those whose dump is not here.
fn warn_of_emptied(units: &[Unit], state: &State, client: &mut Client) -> Result<()> {
    if !state.rights.ledger_exists {
        return Ok(());
    }
    let here: Vec<&str> = units.iter().map(|unit| unit.table.name()).collect();
    for (unit, dump) in loads::emptied(client, &state.rights.schema, &here)? {
        tracing::warn!(
            "{unit} is unlogged and has lost its rows, as after a crash of the server; this run does not load it: \
             put its dump back ({dump})"
        );
    }
    Ok(())
}

/// A misspelt name in `mother_tables` makes a column, or a table, that stays empty.
fn warn_of_unknown_columns(settings: &Settings, units: &[Unit]) {
    for mother in settings.declared.iter().flatten() {
        let versions: Vec<&Unit> = units.iter().filter(|unit| unit.mother.name() == mother.name).collect();
        if versions.is_empty() {
            tracing::warn!("mother_tables.{}: no dump has this table", mother.name);
            continue;
        }
        for (column, _) in mother.columns.iter().flatten() {
            if versions.iter().all(|unit| unit.columns.missing.contains(column)) {
                tracing::warn!("mother_tables.{}.{column}: no dump has this column; it is NULL", mother.name);
            }
        }
    }
}
