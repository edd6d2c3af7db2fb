//! After the last unit: indexes on version tables, then SQL statements, as the configuration asks for them per mother.
//!
//! Any run makes the indexes that are missing. The ledger knows when a mother's statements were last run and when its versions
//! were loaded: the next run makes up for what a killed run did not come to.

mod index;
mod method;

use super::plan::Plan;
use super::plan::action::Action;
use super::plan::unit::Unit;
use super::settings::Settings;
use super::settings::after::AfterMother;
use crate::error::shortened;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::pg::path;
use crate::report::timeline::{self, Step};
use crate::report::{AfterReport, UnitReport, UnitStatus};
use crate::run::{interrupt, workers};
use crate::secret::without_passwords;
use crate::table::ledger::loads;
use crate::{Error, Place, Result};
use index::{Indexed, Lack, NewIndex};
use method::AccessMethod;
use postgres::Client;
use std::collections::BTreeSet;
use std::time::Instant;

/// How much of a statement messages and the report show (characters).
const SHOWN_CHARS: usize = 120;

/// An index to be made, and its mother.
struct IndexJob<'s> {
    mother: &'s str,
    index: NewIndex,
}

/// Checks that the indexes can be made.
///
/// # Errors
/// All at once: columns that no version of the mother has, access methods that the server lacks or that cannot do what is asked
/// for; what the server reports.
pub fn check(settings: &Settings, plan: &Plan, client: &mut Client) -> Result<()> {
    if settings.after.is_empty() {
        return Ok(());
    }
    let methods = AccessMethod::all(client)?;
    let mut faults = Vec::new();
    for after in &settings.after {
        let name = &after.mother;
        if !plan.mothers.iter().any(|mother| mother.name == *name) {
            tracing::warn!("after.{name}: no dump has this table");
        }
        let mut tables = planned_tables(plan, name);
        if plan.ledger_exists {
            let there = Indexed::of_mother(client, &Qualified::new(&plan.schema, name))?;
            let of_units: BTreeSet<String> =
                tables.iter().map(|table| table.table.name().to_owned()).collect();
            tables.extend(there.into_iter().filter(|table| !of_units.contains(table.table.name())));
        }
        for spec in &after.indexes {
            let checked = AccessMethod::check(&methods, spec).and_then(|()| index::check(spec, &tables));
            let place =
                Place { file: Some(settings.config.clone()), ..Place::table(format!("after.{name}")) };
            faults.extend(checked.map_err(|error| error.at(place)).err());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::many(faults)) }
}

/// The version tables of the run's units, as they will be.
fn planned_tables(plan: &Plan, mother: &str) -> Vec<Indexed> {
    let of_unit = |unit: &Unit| {
        let columns = unit.columns.all().map(|column| column.name.clone());
        Indexed::new(unit.table.clone(), columns.collect())
    };
    plan.units_of(mother).map(of_unit).collect()
}

/// The statements that a run would execute after the load, as text; empty if there are none.
///
/// # Errors
/// What the server reports.
pub fn plan(settings: &Settings, plan: &Plan, client: &mut Client) -> Result<String> {
    let mut text = String::new();
    for after in &settings.after {
        let mother = Qualified::new(&plan.schema, &after.mother);
        let there = if plan.ledger_exists { Indexed::of_mother(client, &mother)? } else { Vec::new() };
        let known: BTreeSet<String> = there.iter().map(|table| table.table.name().to_owned()).collect();
        let planned = planned_tables(plan, &after.mother).into_iter();
        let new = planned.filter(|table| !known.contains(table.table.name()));
        for table in there.into_iter().chain(new) {
            for spec in &after.indexes {
                if let Lack::Index(index) = table.lacks(spec) {
                    text.push_str(&format!("{};\n", index.statement));
                }
            }
        }
        let is_loaded = |unit: &Unit| unit.action != Action::Skip;
        let due = plan.units_of(&after.mother).any(is_loaded)
            || plan.ledger_exists && loads::after_is_due(client, &mother)?;
        for statement in after.sql.iter().filter(|_| due) {
            text.push_str(&format!("{};\n", statement.trim_end_matches(';')));
        }
    }
    if text.is_empty() { Ok(text) } else { Ok(format!("\n-- After the load\n{text}")) }
}

/// Makes the indexes that are missing, several at the same time; reports on each.
pub fn make_indexes(
    settings: &Settings,
    reports: &[UnitReport],
    schema: &str,
    database: &Database,
) -> Vec<AfterReport> {
    if settings.after.iter().all(|after| after.indexes.is_empty()) {
        return Vec::new();
    }
    let missing = interrupt::check()
        .and_then(|()| database.connect())
        .and_then(|mut client| missing(settings, reports, schema, &mut client));
    let jobs = match missing {
        Ok(jobs) => jobs,
        Err(error) => return vec![failed("", "looking for missing indexes", 0.0, error)],
    };
    in_parallel(&jobs, settings.workers, |IndexJob { mother, index }| {
        let started = Instant::now();
        let made = interrupt::check()
            .and_then(|()| database.connect())
            .and_then(|mut client| make(index, &mut client));
        vec![report(mother, &index.statement, started, made)]
    })
}

fn missing<'s>(
    settings: &'s Settings,
    reports: &[UnitReport],
    schema: &str,
    client: &mut Client,
) -> Result<Vec<IndexJob<'s>>> {
    let mut jobs = Vec::new();
    for after in &settings.after {
        for table in Indexed::of_mother(client, &Qualified::new(schema, &after.mother))? {
            for spec in &after.indexes {
                match table.lacks(spec) {
                    Lack::Nothing => {}
                    Lack::Index(index) => jobs.push(IndexJob { mother: &after.mother, index }),
                    Lack::Column(column) => {
                        let name = table.table.name();
                        let is_new =
                            |unit: &UnitReport| unit.name == name && unit.status == UnitStatus::Loaded;
                        if reports.iter().any(is_new) {
                            tracing::warn!("{name}: has no column {column}, so no index on it");
                        }
                    }
                }
            }
        }
    }
    Ok(jobs)
}

/// Makes an index, unless another run has made the same in the meantime.
fn make(index: &NewIndex, client: &mut Client) -> Result<()> {
    let name = Qualified::new(index.table.schema(), &index.name);
    let mut transaction = client.transaction()?;
    lock::until_commit(&mut transaction, &name.to_string())?;
    let sql = "SELECT EXISTS (SELECT FROM pg_index \
               WHERE indexrelid = to_regclass($1) AND indrelid = to_regclass($2) AND indisvalid)";
    if !transaction.query_one(sql, &[&name.to_string(), &index.table.to_string()])?.get::<_, bool>(0) {
        timeline::during(Step::Index, &index.name, || transaction.batch_execute(&index.statement))?;
    }
    Ok(transaction.commit()?)
}

/// Runs the statements that are due, those of different mothers at the same time; reports on each. `indexes` are the reports of
/// the indexes. A mother with a unit or an index that failed is left out.
pub fn run_statements(
    settings: &Settings,
    reports: &[UnitReport],
    indexes: &[AfterReport],
    schema: &str,
    database: &Database,
) -> Vec<AfterReport> {
    let jobs: Vec<&AfterMother> = settings.after.iter().filter(|after| !after.sql.is_empty()).collect();
    in_parallel(&jobs, settings.workers, |after| {
        let name = after.mother.as_str();
        let unit_failed = |unit: &UnitReport| unit.mother.as_deref() == Some(name) && !unit.status.is_there();
        let index_failed = |index: &AfterReport| index.mother == name && index.error.is_some();
        if interrupt::requested().is_none()
            && (reports.iter().any(unit_failed) || indexes.iter().any(index_failed))
        {
            tracing::warn!(
                "after.{name}: its statements are not run, since not all before them went well; \
                            the next run that does well runs them"
            );
            return Vec::new();
        }
        let mut done = Vec::new();
        // Each mother has a connection of its own, since statements may change settings.
        let ran = interrupt::check().and_then(|()| database.connect()).and_then(|mut client| {
            let what = format!("what follows the load of {schema}.{name}");
            lock::exclusively(&mut client, &what, |client| run(after, schema, client, &mut done))
        });
        if let Err(error) = ran {
            done.push(failed(name, "finding out what is due", 0.0, error));
        }
        done
    })
}

/// Runs the statements of a mother. Each is a transaction of its own, unless it begins one. After a failure they stay due.
fn run(after: &AfterMother, schema: &str, client: &mut Client, done: &mut Vec<AfterReport>) -> Result<()> {
    let mother = Qualified::new(schema, &after.mother);
    if !loads::after_is_due(client, &mother)? {
        return Ok(());
    }
    // The statements may miss a version that is published from here on: it is due again.
    let begun = loads::server_time(client)?;
    let all_ran = path::with_users(client, |client| {
        for statement in &after.sql {
            let started = Instant::now();
            let ran = timeline::during(Step::Statements, &after.mother, || {
                interrupt::check().and_then(|()| Ok(client.batch_execute(statement)?))
            });
            let failed = ran.is_err();
            done.push(report(&after.mother, statement, started, ran));
            if failed {
                return Ok(false);
            }
        }
        Ok(true)
    })?;
    if !all_ran {
        return Ok(());
    }
    loads::record_after(client, &mother, &begun)
}

fn report(mother: &str, statement: &str, started: Instant, outcome: Result<()>) -> AfterReport {
    let seconds = started.elapsed().as_secs_f64();
    let shown = without_passwords(&shortened(statement, SHOWN_CHARS));
    match outcome {
        Ok(()) => {
            tracing::debug!("after.{mother}: {shown} in {:.1} ms", seconds * 1000.0);
            AfterReport { mother: mother.to_owned(), statement: shown, seconds, error: None }
        }
        Err(error) => failed(mother, &shown, seconds, error),
    }
}

fn failed(mother: &str, statement: &str, seconds: f64, error: Error) -> AfterReport {
    // The server reports a statement that Ctrl-C has cancelled in its own words.
    let error = interrupt::check().err().unwrap_or_else(|| {
        let place = if mother.is_empty() { "after".to_owned() } else { format!("after.{mother}") };
        Error::failed(format!("{place}: {statement}: {error}"))
            .remedy("the rows are loaded; the next run tries again")
    });
    let error = Some(error.to_string());
    AfterReport { mother: mother.to_owned(), statement: statement.to_owned(), seconds, error }
}

/// Does all jobs, by up to as many threads as there are workers; returns their reports in the order of the jobs.
fn in_parallel<J: Sync>(
    jobs: &[J],
    workers: usize,
    work: impl Fn(&J) -> Vec<AfterReport> + Sync,
) -> Vec<AfterReport> {
    match workers::share("worker", jobs.iter().collect(), 0..workers, |_, job| Ok(work(job))) {
        Ok(told) => told.into_iter().flatten().collect(),
        // Each job reports its own failures: this is a defect of pghaul.
        Err(error) => vec![failed("", "what follows the load", 0.0, error)],
    }
}
