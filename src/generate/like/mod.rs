//! `pghaul generate like`: rows for tables that exist, made from the catalog and its statistics. No row of them is read.
//!
//! ```text
//! source (columns, constraints, statistics), check ─→ plan ─→ probe ─→ writer ─┬→ into a database
//!                                             value ─┘                         └→ dump
//! ```
//!
//! A value depends on the seed, the names of its table and its column, and the number of its row. So rows can refer to rows that
//! another worker makes, in any order, and nothing is remembered.

mod check;
mod create;
mod dump;
mod into;
mod plan;
mod probe;
pub mod settings;
mod source;
mod there;
mod value;
mod writer;

use crate::pg::catalog;
use crate::pg::database::{Database, Location};
use crate::pg::trust;
use crate::report::UnitReport;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::{Error, Place, Result};
use plan::{GivenUp, Plan, Wanted};
use postgres::Client;
use probe::Broken;
use settings::{Settings, To};
use source::{Table, Types};
use std::path::PathBuf;

/// Makes the rows. Gives a report of each table.
///
/// # Errors
/// Tables that are not there, or that may not get rows; constraints that cannot be satisfied; what the servers report; Ctrl-C.
pub fn run(settings: &Settings, verbosity: Verbosity) -> Result<Vec<UnitReport>> {
    let mut source_client = settings.from.connect()?;
    let (tables, types) = timeline::during(Step::Prepare, "", || {
        source::read(&mut source_client, &settings.tables, settings.values)
    })?;
    let mut may_try = true;
    for table in &tables {
        // What a table's checks call runs with the rights of the role that tries rows.
        if let Err(error) = trust::check(&mut source_client, table.name.schema(), &[table.name.name()]) {
            tracing::debug!("rows are not tried: {error}");
            may_try = false;
        }
        if !table.is_analyzed {
            tracing::warn!(
                "table {} has no statistics, so its values are guessed; run ANALYZE there",
                table.name.name()
            );
        }
    }
    let from = format!("seed {}, like {}", settings.seed, settings.from.describe());
    let rows = settings.rows.iter().fold(0_u64, |sum, rows| sum.saturating_add(*rows));
    let progress = || Progress::of_one(verbosity, "rows", rows, false);
    match &settings.to {
        To::Folder(out) => {
            let wanted: Vec<Wanted> = settings.rows.iter().map(|rows| Wanted::of(*rows)).collect();
            let plan = tried((&mut source_client, may_try), None, (&tables, &types), settings.seed, wanted)?;
            dump::write(out, (&tables, &types), &plan, (settings.workers, &from), &progress())
        }
        To::Database(target, append) => {
            let database = Database::open(Location::Named((**target).clone()))?;
            let mut client = database.connect()?;
            let (exists, wanted) = existing(&mut client, &tables, &settings.rows, *append)?;
            let plan = tried(
                (&mut source_client, may_try),
                Some(&mut client),
                (&tables, &types),
                settings.seed,
                wanted,
            )?;
            let into = into::Into {
                tables: &tables,
                plan: &plan,
                exists: &exists,
                workers: settings.workers,
                source: &from,
                progress: &progress(),
            };
            let units = into.run(&database, &mut client);
            database.close();
            units
        }
    }
}

/// All files that a run writes.
pub fn paths(settings: &Settings) -> Vec<PathBuf> {
    match &settings.to {
        To::Folder(out) => dump::paths(out, &settings.tables),
        To::Database(..) => Vec::new(),
    }
}

/// Makes a plan and tries it on the database of the tables, again without what its rows have broken, until they break nothing.
fn tried(
    (source, may_try): (&mut Client, bool),
    mut target: Option<&mut Client>,
    (tables, types): (&[Table], &Types),
    seed: u64,
    mut wanted: Vec<Wanted>,
) -> Result<Plan> {
    loop {
        let client = target.as_deref_mut().unwrap_or(source);
        let (plan, notes) = plan::plan(tables, types, seed, &wanted, &mut there::Rows { client })?;
        let broken = if may_try { probe::probe(source, tables, &plan)? } else { None };
        match broken {
            None => {
                notes.iter().for_each(|note| tracing::warn!("{note}"));
                return Ok(plan);
            }
            // A column that is given up is NULL from then on, so this ends.
            Some(Broken::Check(table, check)) if !wanted[table].has_given_up(&check) => {
                wanted[table].given_up.push(GivenUp::Check(check));
            }
            Some(Broken::Column(table, column, what)) if !wanted[table].has_given_up(&what) => {
                wanted[table].given_up.push(GivenUp::Column(column, what));
            }
            Some(Broken::Check(table, check)) => {
                return Err(Error::refused(format!("rows that were tried break the check {check}"))
                    .at(Place::table(tables[table].name.name()))
                    .remedy(
                        "--values takes values that there are; or make the table without it and add --append",
                    ));
            }
            Some(Broken::Column(table, _, what)) => {
                return Err(Error::refused(what).at(Place::table(tables[table].name.name())));
            }
            Some(Broken::Other(error)) => return Err(error),
        }
    }
}

/// Which tables are there already, and what is in them.
fn existing(
    client: &mut Client,
    tables: &[Table],
    rows: &[u64],
    append: bool,
) -> Result<(Vec<bool>, Vec<Wanted>)> {
    let (mut exists, mut wanted, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (table, rows) in tables.iter().zip(rows) {
        let name = table.name.name();
        let there = catalog::relations(client, table.name.schema(), &[name])?.remove(name);
        let mut of_table = Wanted::of(*rows);
        exists.push(there.is_some());
        if let Some(relation) = there {
            match takes_rows(&relation, table, append) {
                Ok(()) => {
                    trust::check(client, table.name.schema(), &[name])?;
                    there::Rows { client }.count(table, &mut of_table)?;
                }
                Err(error) => faults.push(error.at(Place::table(name))),
            }
        }
        wanted.push(of_table);
    }
    if faults.is_empty() { Ok((exists, wanted)) } else { Err(Error::many(faults)) }
}

/// Refuses a table that cannot get the rows.
fn takes_rows(relation: &catalog::Relation, table: &Table, append: bool) -> Result<()> {
    if !matches!(relation.kind, 'r' | 'p') {
        return Err(Error::refused(format!("is {}, which takes no rows", relation.kind_name()))
            .remedy("rename it, or load into another database"));
    }
    if !append {
        return Err(Error::refused("exists already")
            .remedy("add --append to add rows to it, or load into another database"));
    }
    let differs = table.columns.iter().filter(|column| column.generated.is_none()).find_map(|column| {
        match relation.columns.iter().find(|found| found.name == column.name) {
            None => Some(format!("column {} is missing", column.name)),
            Some(found) if found.generated => Some(format!("column {} is generated", column.name)),
            Some(found) if found.type_name.as_str() != column.type_name => {
                Some(format!("column {} is {}, not {}", column.name, found.type_name, column.type_name))
            }
            Some(_) => None,
        }
    });
    match differs {
        Some(differs) => {
            Err(Error::refused(format!("differs from the table that rows are made like: {differs}"))
                .remedy("load into another database, or make the tables alike"))
        }
        None => Ok(()),
    }
}
