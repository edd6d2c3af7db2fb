//! What can be known of guards before the load: tables and columns that are not there, bounds that are no values, queries that the
//! server does not understand. And the text of `--plan`.

use super::judge::{conditions, doubles};
use super::query;
use crate::config::nearest;
use crate::ingest::catalogue::names::position;
use crate::ingest::plan::Plan;
use crate::ingest::plan::action::Action;
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::ingest::settings::guards::bounds::Bounds;
use crate::ingest::settings::guards::{Guard, MotherGuards, Rule};
use crate::pg::catalog::{self, Column};
use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::path;
use crate::report::some_of;
use crate::{Error, Place, Result};
use postgres::Client;
use std::collections::BTreeSet;

/// Names that a message lists.
const NAMED: usize = 10;

/// Names that stand for tables which are not there yet.
const STANDINS: [&str; 3] = ["pghaul_new", "pghaul_old", "pghaul_mother"];

/// Checks the guards, and the units that are accepted.
///
/// # Errors
/// All at once: units and columns that are not there, bounds that are no values of their columns, queries that the server does not
/// understand; what the server reports.
pub fn check(settings: &Settings, plan: &Plan, client: &mut Client) -> Result<()> {
    let mut faults: Vec<Error> = accepted(settings, plan);
    for entry in settings.guards.all() {
        let units: Vec<&Unit> = plan.units.iter().filter(|unit| entry.has(unit.mother.name())).collect();
        if units.is_empty() {
            if !settings.selection.is_partial() {
                warn_of_no_table(entry, plan);
            }
            continue;
        }
        for guard in &entry.guards {
            let Some(error) = unknown_column(guard, &units, client)? else { continue };
            match entry.is_pattern() {
                false => faults.push(located(error, guard, settings)),
                // The tables that have it may be in the dumps of another run.
                true if settings.selection.is_partial() => {}
                true => tracing::warn!("{}", located(error, guard, settings)),
            }
        }
    }
    let mut known = BTreeSet::new();
    for unit in plan.units.iter().filter(|unit| unit.action != Action::Skip) {
        for guard in &unit.guards {
            if let Some(error) = of_unit(guard, unit, plan, &mut known, client)? {
                faults.push(located(error, guard, settings));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::many(faults)) }
}

/// The error at its line of the configuration.
fn located(error: Error, guard: &Guard, settings: &Settings) -> Error {
    error.at(Place { line: guard.line, ..Place::file(&settings.config) })
}

fn accepted(settings: &Settings, plan: &Plan) -> Vec<Error> {
    let names: Vec<&str> = plan.units.iter().map(|unit| unit.table.name()).collect();
    let unknown = settings.accept.iter().filter(|name| !names.contains(&name.as_str()));
    let fault = |name: &String| {
        let remedy = match nearest(name, names.iter().copied()) {
            Some(meant) => format!("did you mean {meant}?"),
            None if names.is_empty() => "there are no units".to_owned(),
            None => format!("the units are {}", some_of(&names, NAMED)),
        };
        Error::refused(format!("--accept {name}: no unit has this name")).remedy(remedy)
    };
    unknown.map(fault).collect()
}

fn warn_of_no_table(entry: &MotherGuards, plan: &Plan) {
    let mothers = plan.units.iter().map(|unit| unit.mother.name());
    let meant = match nearest(&entry.name, mothers) {
        Some(meant) if !entry.is_pattern() => format!("; did you mean {meant}?"),
        _ => String::new(),
    };
    tracing::warn!("guard.{}: no dump has this table{meant}", entry.name);
}

/// A column of a guard that neither one of the units has nor another version that is loaded.
fn unknown_column(guard: &Guard, units: &[&Unit], client: &mut Client) -> Result<Option<Error>> {
    let mut names: BTreeSet<String> =
        units.iter().flat_map(|unit| unit.columns.all()).map(|column| column.name.clone()).collect();
    let lacks = |names: &BTreeSet<String>| {
        let has = |column: &&String| position(names.iter().map(String::as_str), column).is_some();
        guard.rule.columns().iter().find(|column| !has(column)).cloned()
    };
    if lacks(&names).is_none() {
        return Ok(None);
    }
    for mother in units.iter().map(|unit| unit.mother.to_string()).collect::<BTreeSet<_>>() {
        let sql = "SELECT DISTINCT attname::text FROM pg_attribute JOIN pg_inherits ON inhrelid = attrelid \
                   WHERE inhparent = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
        let rows = client.query(sql, &[&mother])?;
        names.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    let Some(unknown) = lacks(&names) else { return Ok(None) };
    let remedy = match nearest(&unknown, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("the columns are {}", some_of(&names.iter().collect::<Vec<_>>(), NAMED)),
    };
    Ok(Some(Error::refused(format!("{}: no version has a column {unknown}", guard.key)).remedy(remedy)))
}

/// What the server says against a guard of a unit; what was asked before is in `known`.
fn of_unit(
    guard: &Guard,
    unit: &Unit,
    plan: &Plan,
    known: &mut BTreeSet<String>,
    client: &mut Client,
) -> Result<Option<Error>> {
    let type_of = |name: &String| {
        let column = unit.columns.all().find(|column| column.name == *name);
        column.map(|column| column.type_name.to_string()).unwrap_or_default()
    };
    let none = |name: &String| format!("NULL::{} AS {}", type_of(name), quote(name));
    match &guard.rule {
        Rule::Range(column, bounds) => {
            let type_name = type_of(column);
            let values = "(SELECT min(value) AS least, max(value) AS greatest FROM (SELECT NULL::";
            let condition = conditions(bounds, &type_name, "least", "greatest");
            let crossed = crossed(bounds, &type_name);
            let sql = format!(
                "SELECT ({condition}) IS NULL, {crossed} FROM {values}{type_name} AS value) one) both_ends"
            );
            let asked = once(known, &sql).then(|| client.query_one(&sql, &[]));
            let error = match asked {
                Some(Ok(row)) => row.get::<_, bool>(1).then(|| {
                    Error::refused(format!("{}: no value lies within {bounds}", guard.key))
                        .remedy("write the least value before the greatest")
                }),
                Some(Err(error)) => {
                    let what = format!("{}: does not fit {type_name}", guard.key);
                    Some(told(error, &what, "write bounds that are values of the column")?)
                }
                None => None,
            };
            Ok(error)
        }
        Rule::Unique(columns) => {
            let rows = format!("(SELECT {}) one", columns.iter().map(none).collect::<Vec<_>>().join(", "));
            let sql = doubles(columns, &rows);
            let Some(Err(error)) = once(known, &sql).then(|| client.query_one(&sql, &[])) else {
                return Ok(None);
            };
            let what = format!("{}: its values cannot be compared", guard.key);
            Ok(Some(told(error, &what, "leave out the column")?))
        }
        Rule::Sql(sql) => {
            let sql = dry(sql, unit, plan, client)?;
            if !once(known, &sql) {
                return Ok(None);
            }
            let prepared = path::with_both(client, |client| Ok(client.prepare(&sql).map(|_| ())))?;
            let Err(error) = prepared else { return Ok(None) };
            // A text that names a table, for example a regclass, can only be read when the table is there.
            let message = error.as_db_error().map_or("", |error| error.message());
            if STANDINS.iter().any(|name| message.contains(name)) {
                return Ok(None);
            }
            let what = format!("{}: the server does not understand it for {}", guard.key, unit.table.name());
            Ok(Some(told(error, &what, "correct the query; it must answer with one boolean")?))
        }
        Rule::Rows(_) | Rule::SameColumns | Rule::NotNull(_) | Rule::Nulls(..) => Ok(None),
    }
}

fn once(known: &mut BTreeSet<String>, sql: &str) -> bool {
    known.insert(sql.to_owned())
}

/// The fault, with the server's words; an error where the connection is at fault.
fn told(error: postgres::Error, what: &str, remedy: &str) -> Result<Error> {
    Ok(Error::refused(format!("{what}: {}", query::server_words(error)?)).remedy(remedy))
}

/// A condition that holds if the bounds leave no room.
fn crossed(bounds: &Bounds<String>, type_name: &str) -> String {
    match (&bounds.low, &bounds.high) {
        (Some(low), Some(high)) => {
            format!("{}::{type_name} > {}::{type_name}", literal(low), literal(high))
        }
        _ => "false".to_owned(),
    }
}

/// A user's query with queries in place of the tables: the server reads it, and it is never executed.
fn dry(sql: &str, unit: &Unit, plan: &Plan, client: &mut Client) -> Result<String> {
    let of_columns = |columns: &mut dyn Iterator<Item = &Column>| {
        let columns = columns.map(|column| format!("NULL::{} AS {}", column.type_name, quote(&column.name)));
        columns.chain(SYSTEM_COLUMNS.map(str::to_owned)).collect::<Vec<_>>().join(", ")
    };
    let mut there = |table: &Qualified| -> Result<Option<String>> {
        Ok(catalog::oid_of(client, table)?.map(|_| format!("*, tableoid, ctid FROM {table}")))
    };
    let new = of_columns(&mut unit.columns.all());
    let old = there(&unit.table)?.unwrap_or_else(|| new.clone());
    let of_plan = plan.mothers.iter().find(|mother| mother.name == unit.mother.name());
    let mother = match there(&unit.mother)? {
        Some(mother) => mother,
        None => of_columns(&mut of_plan.iter().flat_map(|mother| &mother.columns)),
    };
    let tables: Vec<String> = STANDINS
        .iter()
        .zip([new, old, mother])
        .map(|(name, select)| format!("{name} AS (SELECT {select})"))
        .collect();
    Ok(format!("WITH {} {}", tables.join(", "), query::statement(sql, STANDINS)))
}

/// Columns that every table has, as a query may name them.
const SYSTEM_COLUMNS: [&str; 2] = ["NULL::oid AS tableoid", "NULL::tid AS ctid"];
