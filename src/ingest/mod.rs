//! `pghaul ingest`: versioned zip dumps into one inheritance child table per version.
//!
//! ```text
//! dumps ─→ catalogue ─→ mothers, units ─→ load ─→ publish ─→ after ─→ archive
//!          (rayon)      (the database     (one thread and    (indexes,
//!                        as it is)         COPY per worker)   statements)
//! ```

mod after;
pub mod catalogue;
mod load;
mod plan;
mod publish;
pub mod settings;
mod shelf;
pub mod source;
mod types;

use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::pg::type_name::TypeNames;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::report::{Done, plural};
use crate::run::interrupt;
use crate::table::ledger::setup::{self, Rights};
use crate::{Place, Result};
use catalogue::scan::{self, ScannedTable};
use plan::action::Action;
use plan::changes::Changes;
use plan::unit::{self, Unit};
use plan::{mothers, state, text};
use postgres::Client;
use publish::union::{self, UnionView};
use publish::{recreation, stage, statistics};
use settings::{MothersMode, Settings};
use shelf::archive;
use std::time::Instant;

/// The lock of everything that looks at mothers and then changes them.
const SETUP_LOCK: &str = "the mother tables";

/// What the dumps hold, before the database is looked at.
pub struct Catalogue(Vec<ScannedTable>);

/// A run that was thought through, before anything is written.
struct Prepared {
    mothers: Vec<mothers::Mother>,
    changes: Changes,
    units: Vec<Unit>,
    views: Vec<UnionView>,
    schema: String,
    ledger_exists: bool,
}

/// Scans the dumps. This comes before the database, so that a wrong folder starts no server.
///
/// # Errors
/// Everything that is wrong with any of the dumps, all at once.
pub fn scan(settings: &Settings) -> Result<Catalogue> {
    let started = Instant::now();
    settings.rejects.check()?;
    // Purging declared mothers needs no dumps, which may be gone by then.
    let needs_dumps = settings.mothers != MothersMode::Purge || settings.declared.is_none();
    let catalogue = if needs_dumps { scan::scan(settings)? } else { Vec::new() };
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let count = catalogue.len() as u64;
    tracing::debug!("scanned {count} data {} in {milliseconds:.1} ms", plural(count, "file"));
    if let Some(folder) = &settings.archive
        && settings.mothers != MothersMode::Purge
    {
        archive::check(folder, catalogue.iter().filter_map(|scanned| scanned.source.dump.file()))?;
    }
    Ok(Catalogue(catalogue))
}

/// Loads what has changed, and moves dumps of which nothing is left to load to the archive.
///
/// # Errors
/// Everything that can be known before the load, all at once; nothing was touched then. What happens to a unit is
/// in its report.
pub fn run(
    settings: &Settings,
    catalogue: Catalogue,
    database: &Database,
    verbosity: Verbosity,
) -> Result<Done> {
    let mut client = database.connect()?;
    let prepared = prepare(settings, catalogue, &mut client)
        .map_err(|error| error.into_refused().at(Place::file(database.describe())))?;
    if settings.mothers == MothersMode::Purge {
        return Ok(Done::default());
    }
    for unit in &prepared.units {
        if let Action::Replace(reason) = unit.action {
            reason.log(unit.table.name());
        }
    }
    let to_load = prepared.units.iter().filter(|unit| unit.action != Action::Skip);
    let (count, bytes) = to_load.fold((0, 0), |(count, bytes), unit| (count + 1, bytes + unit.source.bytes));
    let progress = Progress::new(verbosity, count, bytes);
    stage::remove_leftovers(&prepared.units, &mut client);
    let recreations = prepared.changes.recreations();
    let reports = load::all::load(&prepared.units, recreations, settings, database, client, &progress);
    let schema = &prepared.schema;
    let mut after = after::make_indexes(settings, &reports, schema, database);
    statistics::of_mothers(&reports, schema, settings, database);
    after.extend(after::run_statements(settings, &reports, &after, schema, database));
    let archived = match &settings.archive {
        Some(folder) => archive::archive(folder, &prepared.units, &reports),
        None => Vec::new(),
    };
    Ok(Done { units: reports, archived, after })
}

/// What a run would do, as text: the catalogue, the statements, and how the versions differ.
///
/// # Errors
/// As [`run`], which would refuse the same.
pub fn plan(settings: &Settings, catalogue: Catalogue, database: &Database) -> Result<String> {
    let mut client = database.connect()?;
    let thought_through = compare(settings, catalogue, &mut client).and_then(|prepared| {
        let additions = text::additions(&prepared.units, &mut client)?;
        let views =
            text::views(&prepared.views, &prepared.changes, &prepared.mothers, &prepared.units, &mut client)?;
        let after =
            after::plan(settings, &prepared.units, &prepared.schema, prepared.ledger_exists, &mut client)?;
        Ok(text::text(&prepared.changes, &prepared.mothers, &prepared.units, &additions) + &views + &after)
    });
    thought_through.map_err(|error| error.into_refused().at(Place::file(database.describe())))
}

/// Compares the catalogue with what the database holds, and carries out the changes that wait for no load.
fn prepare(settings: &Settings, catalogue: Catalogue, client: &mut Client) -> Result<Prepared> {
    // What another run publishes after the comparison would be in the way of what is to be dropped. These locks come before
    // the one of the setup, so that runs for other mothers do not wait.
    let mothers = match settings.mothers {
        MothersMode::Keep => Vec::new(),
        MothersMode::Recreate | MothersMode::Purge => {
            let schema = setup::rights(client)?.schema;
            let names = mothers::names(settings, &catalogue.0);
            names.into_iter().map(|name| Qualified::new(&schema, name)).collect()
        }
    };
    recreation::hold(mothers.iter(), client)?;
    let prepared = lock::exclusively(client, SETUP_LOCK, |client| {
        let prepared = compare(settings, catalogue, client)?;
        interrupt::check()?;
        prepared.changes.apply(&prepared.views, client)?;
        Ok(prepared)
    })?;
    // The versions of a mother that is not made anew are published one by one, by connections that share her lock.
    let are_shared = mothers.iter().filter(|mother| !prepared.changes.recreates(mother.name()));
    are_shared.map(recreation::lock_name).try_for_each(|name| lock::release(client, &name))?;
    Ok(prepared)
}

/// Compares the catalogue with what the database holds.
fn compare(settings: &Settings, catalogue: Catalogue, client: &mut Client) -> Result<Prepared> {
    let Catalogue(catalogue) = catalogue;
    let names = mothers::names(settings, &catalogue);
    let children: Vec<&str> = catalogue.iter().map(|scanned| scanned.child.as_str()).collect();
    let state = state::State::read(client, &names, &children)?;
    if settings.mothers == MothersMode::Purge {
        let changes = Changes::new(settings, &catalogue, &mothers::named(&names), &state)?;
        return Ok(Prepared {
            changes,
            mothers: Vec::new(),
            units: Vec::new(),
            views: Vec::new(),
            ledger_exists: state.rights.ledger_exists,
            schema: state.rights.schema,
        });
    }
    let mut types = TypeNames::default();
    let mothers = mothers::resolve(settings, &catalogue, &state, client, &mut types)?;
    let views = union::of_mothers(settings, &mothers, &catalogue, &state)?;
    let changes = Changes::new(settings, &catalogue, &mothers, &state)?;
    let units = unit::build(settings, catalogue, &mothers, &state, client, &mut types)?;
    warn_of_unknown_columns(settings, &units);
    let Rights { schema, ledger_exists } = state.rights;
    after::check(settings, &mothers, &units, &schema, ledger_exists, client)?;
    Ok(Prepared { mothers, changes, units, views, schema, ledger_exists })
}

/// A misspelt name in `mother_tables` makes a column, or a table, that stays empty.
fn warn_of_unknown_columns(settings: &Settings, units: &[Unit]) {
    for mother in settings.declared.iter().flatten() {
        let versions: Vec<&Unit> = units.iter().filter(|unit| unit.mother.name() == mother.name).collect();
        if versions.is_empty() {
            tracing::warn!("mother_tables.{}: no dump has this table", mother.name);
            continue;
        }
        for (column, _) in &mother.columns {
            if versions.iter().all(|unit| unit.missing.contains(column)) {
                tracing::warn!("mother_tables.{}.{column}: no dump has this column; it is NULL", mother.name);
            }
        }
    }
}
