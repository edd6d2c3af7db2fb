//! `--plan`: what a run would do, for people.

use super::action::Action;
use super::changes::Changes;
use super::mothers::Mother;
use super::unit::Unit;
use crate::Result;
use crate::ingest::publish::union::UnionView;
use crate::pg::catalog::Column;
use postgres::Client;

/// For each unit, what becomes of what users have put on its old version table: lines, or nothing.
///
/// # Errors
/// What the server reports.
pub fn additions(units: &[Unit], client: &mut Client) -> Result<Vec<String>> {
    let note = |unit: &Unit| {
        let mut text = String::new();
        if let Action::Replace(_) = unit.action {
            let replacement = unit.replacement(&unit.table);
            let additions = replacement.additions(client)?;
            let notes = [
                ("WILL FAIL, since it would break or lose", replacement.obstacles(client)?),
                ("puts on the new table", additions.kept().map(str::to_owned).collect()),
                ("has no place for", additions.lost().collect()),
            ];
            for (what, items) in notes.into_iter().filter(|(_, items)| !items.is_empty()) {
                text.push_str(&format!("--   {what}: {}\n", items.join(", ")));
            }
        }
        if let Err(error) = unit.view.check_unit(unit, client) {
            text.push_str(&format!("--   WILL FAIL: {error}\n"));
        }
        Ok(text)
    };
    units.iter().map(note).collect()
}

/// The union views as they will be, each with its statement.
///
/// # Errors
/// What the server reports.
pub fn views(
    views: &[UnionView],
    changes: &Changes,
    mothers: &[Mother],
    units: &[Unit],
    client: &mut Client,
) -> Result<String> {
    let mut text = String::new();
    for (view, mother) in views.iter().zip(mothers) {
        let new = changes.creates(&mother.name).then_some(mother.columns.as_slice());
        let units: Vec<&Unit> = units.iter().filter(|unit| unit.mother.name() == mother.name).collect();
        if let Some((columns, statement)) = view.planned(new, &units, client)? {
            let columns = list(columns.iter().map(|(name, sql_type)| format!("{name} {sql_type}")));
            text.push_str(&format!("-- {}: {columns}\n{statement};\n", view.name().name()));
        }
    }
    if text.is_empty() { Ok(text) } else { Ok(format!("\n-- Union views\n{text}")) }
}

/// The catalogue with [`additions`], the statements, and how each version's columns differ from its mother's.
pub fn text(changes: &Changes, mothers: &[Mother], units: &[Unit], additions: &[String]) -> String {
    let mut text = String::from("-- Units\n");
    for (unit, additions) in units.iter().zip(additions) {
        let (action, reason) = match unit.action {
            Action::Load => ("load", String::new()),
            Action::Replace(reason) => ("replace", format!(": {reason}")),
            Action::Skip => ("unchanged", String::new()),
        };
        text.push_str(&format!(
            "-- {action:9} {} from {} ({} bytes, types: {}){reason}\n",
            unit.table.name(),
            unit.source.label(),
            unit.source.bytes,
            unit.dialect
        ));
        text.push_str(additions);
    }
    text.push_str("\n-- Columns\n");
    for mother in mothers {
        text.push_str(&format!(
            "-- {}: {}\n",
            mother.name,
            list(mother.columns.iter().map(Column::to_string))
        ));
        for unit in units.iter().filter(|unit| unit.mother.name() == mother.name) {
            text.push_str(&format!("--   {}{}\n", unit.table.name(), difference(unit)));
        }
    }
    text.push_str("\n-- Statements\n");
    for statement in changes.statements() {
        text.push_str(&format!("{statement};\n"));
    }
    for unit in units.iter().filter(|unit| unit.action != Action::Skip) {
        if matches!(unit.action, Action::Replace(_)) {
            text.push_str(&format!("-- loaded beside the old table, which this replaces: {}\n", unit.table));
        }
        text.push_str(&format!("{};\n{};\n", unit.create_statement(&unit.table), unit.inherit_statement()));
    }
    text
}

fn difference(unit: &Unit) -> String {
    let mut text = String::new();
    if !unit.own_columns.is_empty() {
        text.push_str(&format!(", adds {}", list(unit.own_columns.iter().map(Column::to_string))));
    }
    if !unit.retyped.is_empty() {
        let types = list(unit.retyped.iter().map(Column::to_string));
        text.push_str(&format!(", has {types} (loaded as the mother's type)"));
    }
    if !unit.missing.is_empty() {
        text.push_str(&format!(", lacks {} (NULL)", list(unit.missing.iter().cloned())));
    }
    if text.is_empty() { ", the same columns".to_owned() } else { text }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
