//! `pghaul ingest`: versioned zip dumps into one inheritance child table per version.
//!
//! ```text
//! source ─→ catalogue ─→ plan ─────────→ load ─────────→ publish ──────→ after ──────→ shelf
//! (zips)    (rayon)      (the database   (a thread and   (one            (indexes,     (the archive)
//!                         as it is)       connection      transaction     statements)
//!                                         per worker)     per unit)
//! ```
//!
//! `types`, `settings`, `source`, `catalogue`, `union`, `plan`, `guard`, `publish`, `load`, `after`, `shelf`: each folder knows only
//! folders before it. `inspect` is a command of its own: it looks at sources and writes the configuration for them.

mod advice;
mod after;
mod catalogue;
mod guard;
pub mod inspect;
mod load;
mod plan;
mod publish;
pub mod settings;
mod shelf;
pub mod source;
mod types;
mod union;

use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::report::{self, Done, plural};
use crate::run::interrupt;
use crate::table::ledger::setup;
use crate::{Error, Place, Result};
use catalogue::scan::{self, ScannedTable};
use plan::action::Action;
use plan::{Plan, mothers, print};
use postgres::Client;
use publish::mother_lock::{self, lock_mothers};
use publish::{changes, staged, statistics};
use settings::{MothersMode, Settings};
use shelf::archive;
use source::superseded::Superseded;
use std::collections::BTreeSet;
use std::time::Instant;

/// The advisory lock of what looks at mothers and then changes them.
const SETUP_LOCK: &str = "the mother tables";

/// What the dumps hold, before the database is looked at.
#[derive(Debug, Default)]
pub struct Catalogue {
    tables: Vec<ScannedTable>,
    superseded: Vec<Superseded>,
}

/// Scans the dumps. This comes before the database: a wrong folder should start no server.
///
/// # Errors
/// Everything that is wrong with any of the dumps, all at once.
pub fn scan(settings: &Settings) -> Result<Catalogue> {
    let started = Instant::now();
    settings.rejects.check()?;
    // Purging declared mothers needs no dumps, which may be gone by then.
    let needs_dumps = settings.mothers != MothersMode::Purge || settings.declared.is_none();
    let (tables, superseded) = if needs_dumps {
        timeline::during(Step::Prepare, "", || scan::scan(settings))?
    } else {
        let names = settings.declared.iter().flatten().map(|mother| mother.name.clone());
        settings.selection.check(&names.collect())?;
        Default::default()
    };
    check_rejects(settings, &tables)?;
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let count = tables.len() as u64;
    tracing::debug!("scanned {count} data {} in {milliseconds:.1} ms", plural(count, "file"));
    if let Some(folder) = &settings.archive
        && settings.mothers != MothersMode::Purge
    {
        let current = tables.iter().map(|scanned| &scanned.source.dump.on_disk);
        archive::check(folder, current.chain(superseded.iter().filter_map(|old| old.on_disk.as_ref())))?;
    }
    Ok(Catalogue { tables, superseded })
}

/// Checks that the rejects of all dumps may be written.
fn check_rejects(settings: &Settings, catalogue: &[ScannedTable]) -> Result<()> {
    let encrypted = catalogue.iter().filter(|scanned| scanned.source.is_encrypted());
    let dumps: BTreeSet<&str> = encrypted.map(|scanned| scanned.source.dump.name.as_str()).collect();
    let faults: Vec<Error> =
        dumps.into_iter().filter_map(|dump| settings.rejects.check_encrypted(dump).err()).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::gathered(faults)) }
}

/// Loads what has changed, and moves dumps to the archive whose units are all loaded.
///
/// # Errors
/// Everything that can be known before the load, all at once; nothing was touched then. What happens to a unit is in its report.
pub fn run(
    settings: &Settings,
    catalogue: Catalogue,
    database: &Database,
    verbosity: Verbosity,
) -> Result<Done> {
    let mut client = database.connect()?;
    let Catalogue { tables, superseded } = catalogue;
    let plan = timeline::during(Step::Prepare, "", || prepare(settings, tables, &mut client))
        .map_err(|error| error.into_refused().at(Place::file(database.describe())))?;
    if settings.mothers == MothersMode::Purge {
        return Ok(Done::default());
    }
    let superseded_dumps = superseded.iter().map(report_of).collect();
    for unit in &plan.units {
        if let Action::Replace(reason) = unit.action {
            reason.log(unit.table.name());
        }
    }
    let to_load = plan.units.iter().filter(|unit| unit.action != Action::Skip);
    let (count, bytes) = to_load.fold((0, 0), |(count, bytes), unit| (count + 1, bytes + unit.source.bytes));
    let progress = Progress::new(verbosity, count, bytes);
    staged::remove_leftovers(&plan.units, &mut client);
    let recreations = &plan.changes.recreations;
    let reports = load::units::load(&plan.units, recreations, settings, database, client, &progress);
    let mut after = after::make_indexes(settings, &reports, &plan.schema, database);
    statistics::of_mothers(&reports, &plan.schema, settings, database);
    after.extend(after::run_statements(settings, &reports, &after, &plan.schema, database));
    let archived = match &settings.archive {
        Some(folder) => archive::archive(folder, &plan.units, &reports, &superseded),
        None => Vec::new(),
    };
    Ok(Done { units: reports, superseded: superseded_dumps, archived, after, ..Done::default() })
}

fn report_of(superseded: &Superseded) -> report::Superseded {
    let Superseded { dump, by, .. } = superseded;
    report::Superseded { dump: dump.display().to_string(), by: by.display().to_string() }
}

/// What a run would do, as text: the catalogue, the statements, and how the versions differ.
///
/// # Errors
/// As [`run`], which would refuse the same.
pub fn plan(settings: &Settings, catalogue: Catalogue, database: &Database) -> Result<String> {
    let mut client = database.connect()?;
    let Catalogue { tables, superseded } = catalogue;
    let printed = compare(settings, tables, &mut client).and_then(|plan| {
        let text = print::text(&plan, &superseded, &mut client)?;
        Ok(text + &after::plan(settings, &plan, &mut client)?)
    });
    printed.map_err(|error| error.into_refused().at(Place::file(database.describe())))
}

/// Compares the catalogue with what the database holds, and carries out the changes that wait for no load.
fn prepare(settings: &Settings, tables: Vec<ScannedTable>, client: &mut Client) -> Result<Plan> {
    // A version that another run publishes after the comparison would be in the way of the drop. These locks come before that of
    // the setup: runs for other mothers need not wait.
    let mothers = match settings.mothers {
        MothersMode::Keep => Vec::new(),
        MothersMode::Widen | MothersMode::Recreate | MothersMode::Purge => {
            let schema = setup::rights(client)?.schema;
            let names = mothers::names(settings, &tables);
            names.into_iter().map(|name| Qualified::new(&schema, name)).collect()
        }
    };
    lock_mothers(mothers.iter(), client)?;
    let plan = lock::exclusively(client, SETUP_LOCK, |client| {
        let plan = compare(settings, tables, client)?;
        interrupt::check()?;
        plan.wider.iter().for_each(|message| tracing::warn!("{message}"));
        changes::apply(&plan.changes, &plan.views, client)?;
        Ok(plan)
    })?;
    // The versions of a mother that is not recreated are published one by one, by connections that share its lock.
    let are_shared = mothers.iter().filter(|mother| !plan.changes.recreates(mother.name()));
    are_shared.map(mother_lock::name).try_for_each(|name| lock::release(client, &name))?;
    Ok(plan)
}

/// Compares the catalogue with what the database holds.
fn compare(settings: &Settings, tables: Vec<ScannedTable>, client: &mut Client) -> Result<Plan> {
    let plan = Plan::new(settings, tables, client)?;
    if settings.mothers != MothersMode::Purge {
        after::check(settings, &plan, client)?;
        guard::check::check(settings, &plan, client)?;
    }
    Ok(plan)
}
