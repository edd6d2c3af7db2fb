//! `--plan`: what a run would do, for people.

use super::Plan;
use super::action::Action;
use super::columns::Retyped;
use super::unit::Unit;
use crate::Result;
use crate::ingest::source::superseded::Superseded;
use crate::pg::catalog::Column;
use postgres::Client;

/// The plan as text: the dumps that are passed over, the catalogue, how each version's columns differ from its mother's, the statements, and the union views.
///
/// # Errors
/// What the server reports.
pub fn text(plan: &Plan, superseded: &[Superseded], client: &mut Client) -> Result<String> {
    let mut text = String::new();
    if !superseded.is_empty() {
        text.push_str("-- Superseded dumps\n");
        for Superseded { dump, by, .. } in superseded {
            text.push_str(&format!("-- {} by {}\n", dump.display(), by.display()));
        }
        text.push('\n');
    }
    text.push_str("-- Units\n");
    for unit in &plan.units {
        push_unit(unit, client, &mut text)?;
    }
    push_formats(plan, &mut text);
    text.push_str("\n-- Columns\n");
    for mother in &plan.mothers {
        text.push_str(&format!(
            "-- {}: {}\n",
            mother.name,
            list(mother.columns.iter().map(Column::to_string))
        ));
        for widening in plan.changes.widenings.iter().filter(|widening| widening.mother.name() == mother.name)
        {
            text.push_str(&format!("--   widened: {}\n", widening.changes()));
            text.push_str(&format!("--   {}\n", widening.costs()));
        }
        for rule in &plan.rules_of(mother) {
            text.push_str(&format!("--   rule {rule}\n"));
        }
        for unit in plan.units_of(&mother.name) {
            text.push_str(&format!("--   {}{}\n", unit.table.name(), difference(unit)));
        }
    }
    for message in &plan.wider {
        text.push_str(&format!("-- {message}\n"));
    }
    push_statements(plan, &mut text);
    push_views(plan, client, &mut text)?;
    Ok(text)
}

/// A unit, and what becomes of what users have put on its old version table.
fn push_unit(unit: &Unit, client: &mut Client, text: &mut String) -> Result<()> {
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
        unit.types.name()
    ));
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
    if !unit.guards.is_empty() {
        let guards = unit.guards.iter().map(|guard| guard.rule.to_string());
        text.push_str(&format!("--   guards: {}\n", guards.collect::<Vec<_>>().join("; ")));
    }
    if let Err(error) = unit.view.check_publication(unit.part(&unit.table), client) {
        text.push_str(&format!("--   WILL FAIL: {error}\n"));
    }
    Ok(())
}

/// How the data files of each dump are written, where that is not the default, and what says so.
fn push_formats(plan: &Plan, text: &mut String) {
    let mut said: Vec<(&str, String)> = Vec::new();
    for unit in &plan.units {
        let dump = unit.source.dump.name.as_str();
        if let Some(description) =
            unit.text.description().filter(|_| said.iter().all(|(name, _)| *name != dump))
        {
            said.push((dump, description));
        }
    }
    if !said.is_empty() {
        text.push_str("\n-- Data files\n");
    }
    for (dump, description) in said {
        text.push_str(&format!("-- {dump}: {description}\n"));
    }
}

fn push_statements(plan: &Plan, text: &mut String) {
    text.push_str("\n-- Statements\n");
    for statement in plan.changes.statements() {
        text.push_str(&format!("{statement};\n"));
    }
    for unit in plan.units.iter().filter(|unit| unit.action != Action::Skip) {
        if matches!(unit.action, Action::Replace(_)) {
            text.push_str(&format!("-- loaded beside the old table, which this replaces: {}\n", unit.table));
        }
        text.push_str(&format!("{};\n{};\n", unit.create_statement(&unit.table), unit.inherit_statement()));
    }
}

/// The union views as they will be, each with its statement.
fn push_views(plan: &Plan, client: &mut Client, text: &mut String) -> Result<()> {
    let mut is_first = true;
    for (view, mother) in plan.views.iter().zip(&plan.mothers) {
        let new = plan.changes.creates(&mother.name).then_some(mother.columns.as_slice());
        let parts = plan.units_of(&mother.name).map(|unit| unit.part(&unit.table)).collect();
        let Some(planned) = view.planned(new, parts, client)? else { continue };
        if std::mem::take(&mut is_first) {
            text.push_str("\n-- Union views\n");
        }
        let name = view.name().name();
        match planned {
            Ok((columns, statement)) => {
                let columns = list(columns.iter().map(|(name, sql_type)| format!("{name} {sql_type}")));
                text.push_str(&format!("-- {name}: {columns}\n{statement};\n"));
            }
            Err(obstacle) => text.push_str(&format!("-- {name} {obstacle}: there will be none\n")),
        }
    }
    Ok(())
}

fn difference(unit: &Unit) -> String {
    let mut text = String::new();
    if !unit.columns.own.is_empty() {
        text.push_str(&format!(", adds {}", list(unit.columns.own.iter().map(Column::to_string))));
    }
    let (held, wider): (Vec<&Retyped>, Vec<&Retyped>) =
        unit.columns.retyped.iter().partition(|column| column.is_held());
    for (columns, what) in [
        (held, "loaded as the mother's type"),
        (wider, "loaded as the mother's type, which does not hold all of it"),
    ] {
        if !columns.is_empty() {
            let columns = columns.iter().map(|column| format!("{} {}", column.of_mother.name, column.own));
            text.push_str(&format!(", has {} ({what})", list(columns)));
        }
    }
    if !unit.columns.missing.is_empty() {
        text.push_str(&format!(", lacks {} (NULL)", list(unit.columns.missing.iter().cloned())));
    }
    if text.is_empty() { ", the same columns".to_owned() } else { text }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
