//! One unit, one transaction: create, COPY, attach, record. A crash at any point leaves the old state.

use super::fill::fill_by_one;
use super::swap::{attach, rename_statement, swap};
use super::unit_copy::UnitCopy;
use super::{recreation, statistics};
use crate::copy::rejects::lines::Rejects;
use crate::ingest::plan::action::COMMENT;
use crate::ingest::plan::reason::Reason;
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::pg::database::Database;
use crate::pg::ident::Qualified;
use crate::pg::{catalog, lock};
use crate::report::progress::UnitProgress;
use crate::report::steps::Steps;
use crate::run::interrupt;
use crate::table::ledger::loads::{self, LoadRecord};
use crate::{Error, Result};
use postgres::{Client, Transaction};
use std::time::Instant;

/// What was loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that the server counted.
    pub rows: u64,
    /// Rows put aside.
    pub rejected: u64,
    /// Bytes of the data file.
    pub bytes: u64,
    /// What the server holds was compared with what was sent.
    pub verified: bool,
    /// Another run had loaded the same in the meantime; nothing was done.
    pub already: bool,
}

impl Loaded {
    /// Nothing was left to do.
    pub const ALREADY: Loaded = Loaded { rows: 0, rejected: 0, bytes: 0, verified: false, already: true };
}

/// A load whose commit was not answered: it may have happened.
#[derive(Debug)]
pub struct Unanswered {
    /// Rows that the server counted.
    pub rows: u64,
    /// Rows put aside.
    pub rejects: Rejects,
    /// The rows were compared with what was sent.
    pub verified: bool,
}

/// Loads a unit into a table that no one sees, and publishes it; all in one transaction.
///
/// What `unanswered` holds, from an earlier try, is concluded if it turns out to have happened.
///
/// The table is attached to its mother only at the end: `CREATE TABLE … INHERITS` at the start would hold a lock
/// on the mother during the whole load, and the versions of one mother would be loaded one after another.
///
/// # Errors
/// The first row that cannot be loaded, a damaged dump, whatever the server reports, Ctrl-C. Nothing has changed
/// in the database then.
pub fn load_and_publish(
    unit: &Unit,
    settings: &Settings,
    database: &Database,
    client: &mut Client,
    progress: &UnitProgress,
    unanswered: &mut Option<Unanswered>,
) -> Result<Loaded> {
    let mut steps = Steps::new(unit.table.name());
    let Some(Begun { mut transaction, replaces }) = begin(unit, settings, client)? else {
        return Ok(conclude(unit, unanswered, &mut steps, client));
    };
    let rejects = unit.rejects(settings);
    let verification = settings.verify.then(|| unit.verification());
    let verification = verification.as_ref();
    let work_table = new_table(unit, replaces, &mut transaction)?;
    let copy =
        UnitCopy { unit, settings, database, table: &work_table, progress, rejects: &rejects, verification };
    let rows = fill_by_one(&copy, &mut transaction, &mut steps)?;
    publish(&copy, replaces, rows, steps.started, &mut transaction)?;
    commit(transaction, Unanswered { rows, rejects, verified: settings.verify }, unanswered)?;
    Ok(conclude(unit, unanswered, &mut steps, client))
}

/// Commits what is published; `unanswered` holds it from then on.
///
/// # Errors
/// What the server reports, and that it reports nothing.
pub fn commit(
    transaction: Transaction<'_>,
    load: Unanswered,
    unanswered: &mut Option<Unanswered>,
) -> Result<()> {
    *unanswered = Some(load);
    Ok(transaction.commit()?)
}

/// What there is to do once a unit's rows are there for everybody, if it was this run that put them there.
pub fn conclude(
    unit: &Unit,
    unanswered: &mut Option<Unanswered>,
    steps: &mut Steps<'_>,
    client: &mut Client,
) -> Loaded {
    let Some(Unanswered { rows, rejects, verified }) = unanswered.take() else { return Loaded::ALREADY };
    steps.done("published");
    rejects.tell();
    statistics::of_version(&unit.table, client);
    steps.done("analyzed");
    Loaded { rows, rejected: rejects.count(), bytes: unit.source.bytes, verified, already: false }
}

/// A unit that nobody else can be at work on, and that needs to be loaded.
pub struct Begun<'c> {
    /// Holds the unit's lock.
    pub transaction: Transaction<'c>,
    /// There is an old version table.
    pub replaces: bool,
}

/// Waits for those who make the mother anew, takes the unit's lock, and looks again; nothing where the unit is up to date by now.
///
/// # Errors
/// A table of this name that is not ours, or that cannot be replaced; what the server reports; Ctrl-C.
pub fn begin<'c>(unit: &Unit, settings: &Settings, client: &'c mut Client) -> Result<Option<Begun<'c>>> {
    let mut transaction = client.transaction()?;
    lock::shared_until_commit(&mut transaction, &recreation::lock_name(&unit.mother))?;
    lock::until_commit(&mut transaction, &unit.table.to_string())?;
    let replaces = match what_is_there(unit, settings, &mut transaction)? {
        Existing::UpToDate => return Ok(None),
        Existing::Old => true,
        Existing::Nothing => false,
    };
    // Before anything is loaded, since a swap would have to fail, or to lose something without a word.
    if replaces {
        unit.replacement(&unit.table).check(&mut transaction)?;
    }
    unit.view.check_unit(unit, &mut transaction)?;
    Ok(Some(Begun { transaction, replaces }))
}

/// Gives the filled table its place: its name, its mother, its entry in the ledger; and its rejects theirs.
///
/// # Errors
/// Too many rejects; someone who uses the mother for too long; an index or a constraint of the old table that the rows do
/// not allow; what the server reports; Ctrl-C.
pub fn publish(
    copy: &UnitCopy<'_>,
    replaces: bool,
    rows: u64,
    started: Instant,
    transaction: &mut Transaction<'_>,
) -> Result<()> {
    let UnitCopy { unit, table: new, rejects, .. } = *copy;
    rejects.judge(rows)?;
    // This also keeps autovacuum away from a table that others can see already: it would have to be waited for below.
    transaction.batch_execute(&Unit::comment_statement(new))?;
    if replaces {
        swap(unit, new, transaction)?;
    } else {
        if *new != unit.table {
            transaction.batch_execute(&rename_statement(new, unit))?;
        }
        attach(unit, transaction)?;
    }
    record(unit, rows, started, transaction)?;
    interrupt::check()?;
    rejects.keep(|| unit.source.open_original())
}

/// Writes the ledger's row of a unit, whose load has begun at `started`.
///
/// # Errors
/// What the server reports.
pub fn record(unit: &Unit, rows: u64, started: Instant, transaction: &mut Transaction<'_>) -> Result<()> {
    let load = LoadRecord {
        schema: unit.table.schema(),
        unit: unit.table.name(),
        mother: unit.mother.name(),
        app: &unit.source.dump.app,
        version: &unit.source.dump.version,
        dump: &unit.source.dump.name,
        data_file: &unit.source.name,
        fingerprint: &unit.fingerprint,
        rows,
        bytes: unit.source.bytes,
        seconds: started.elapsed().as_secs_f64(),
    };
    loads::record(transaction, &load)
}

enum Existing {
    Nothing,
    Old,
    UpToDate,
}

/// Looks again, now that no other run can work on this unit.
fn what_is_there(unit: &Unit, settings: &Settings, transaction: &mut Transaction<'_>) -> Result<Existing> {
    let table = &unit.table;
    let Some(there) = catalog::child_state(transaction, table, &unit.mother)? else {
        return Ok(Existing::Nothing);
    };
    let entry = loads::entry(transaction, table.schema(), table.name())?;
    match entry.filter(|_| there.comment.as_deref() == Some(COMMENT)) {
        None => Err(Error::failed(format!("there is now a table {table} that pghaul did not load"))
            .remedy("rename or drop it, or set xport_cfg.child_name")),
        Some(entry) if entry.app != unit.source.dump.app => {
            Err(Error::failed(format!("{table} now holds this version of the application {}", entry.app))
                .remedy("set xport_cfg.child_name, for example to '{app}_{version}_{table}'"))
        }
        Some(entry) => {
            let reason = Reason::find(&entry, there.persistence, there.attached, &unit.fingerprint, settings);
            Ok(if reason.is_some() { Existing::Old } else { Existing::UpToDate })
        }
    }
}

/// What the new table is called while it is filled. Where there is an old one, that keeps its name; a backend has one
/// transaction at a time.
///
/// # Errors
/// What the server reports.
pub fn new_table(unit: &Unit, replaces: bool, transaction: &mut Transaction<'_>) -> Result<Qualified> {
    if !replaces {
        return Ok(unit.table.clone());
    }
    let backend: i32 = transaction.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    Ok(Qualified::new(unit.table.schema(), format!("pghaul_load_{backend}")))
}
