//! A table that is synced whole: one without a key or a cursor, a view, a parent with the rows of its children.
//!
//! The first load is that of any table. Later, both sides sum up the hashes of their rows, the source in a snapshot; only where they
//! differ are the rows of that snapshot loaded beside the table, which then take its place in one transaction.

use super::compare::{self, Comparison, Total, Totals};
use super::follow::window;
use super::outcome::Outcome;
use super::reader::View;
use super::session::Session;
use super::settings::{Mode, Settings};
use super::state::State;
use super::table::cursor::Cursor;
use super::table::pair::Pair;
use super::table::shape::Shape;
use crate::config::{Destination, Mode as Into};
use crate::copy::relay::pipe::{Meter, Piped, pipe};
use crate::pg::ident::Qualified;
use crate::pg::lock;
use crate::pg::type_name::TypeName;
use crate::report::thousands;
use crate::report::timeline::{self, Step};
use crate::table::into::{Durability, Stage, TargetTable};
use crate::{Error, Place, Result};
use std::time::Instant;

/// Whether the table is to be synced whole.
pub fn is_meant(settings: &Settings, source: &Shape) -> bool {
    match (settings.mode, &settings.cursor) {
        (Mode::Full, _) | (Mode::Auto, None) => true,
        (Mode::Cursor, _) => false,
        // The cursor of many tables need not be there in each.
        (Mode::Auto, Some(cursor)) => {
            settings.is_one_of_many && !can_be_followed(source, settings.name_of_column(cursor))
        }
    }
}

fn can_be_followed(source: &Shape, cursor: &str) -> bool {
    source.is_table()
        && !source.is_mother
        && !source.primary_key.is_empty()
        && Cursor::of(source, cursor).is_ok()
}

/// The pair of tables. A parent's indexes do not hold for the rows of its children, so no unique one comes over.
///
/// # Errors
/// Soft deletes, which need rows that stay; exit code 2.
pub fn pair(settings: &Settings, mut source: Shape, table: Qualified) -> Result<Pair> {
    if settings.soft() {
        return Err(Error::refused("is synced whole, so no row can be marked as deleted")
            .at(Place::table(source.table.to_string()))
            .remedy("give a --cursor, or --deletes=hard"));
    }
    if source.is_mother {
        source.indexes.retain(|index| !index.unique);
        source.primary_key.clear();
    }
    let key = source.primary_key.clone();
    Ok(Pair { source, table, key, cursor: None, mark: None, any_encoding: false, row_triggers: None })
}

/// The error of a destination whose rows would be replaced though pghaul has not loaded them.
pub fn unknown_rows() -> Error {
    Error::refused("has rows that pghaul has not loaded, and a table that is synced whole loses them")
        .remedy("empty it, or give --mode full to have them replaced")
}

/// Loads the rows of the source beside the table and swaps them in, unless both sides are the same already.
///
/// # Errors
/// Far fewer rows at the source, of which none is taken over then; what a server reports; Ctrl-C. The old rows stay.
pub fn refresh(session: &mut Session<'_>, state: &State, outcome: &mut Outcome) -> Result<()> {
    let started = Instant::now();
    session.source.begin(View::Still)?;
    session.source.without_limit()?;
    let Totals { ours, theirs } = compare::totals(session)?;
    if ours == theirs {
        session.source.commit()?;
        outcome.add_refresh(None, started.elapsed());
        return Ok(());
    }
    check_loss(session, ours.rows, theirs.rows)?;
    let target = find(session)?;
    let stage = target.stage(&mut session.destination, Durability::UntilCrash)?;
    match load(session, state, &target, &stage) {
        Ok(piped) => {
            session.source.commit()?;
            outcome.add_refresh(Some(piped), started.elapsed());
            if stage.is_inserted() {
                check_triggers(session, &ours)?;
            }
            lock::analyze(&mut session.destination, &session.pair.table)
        }
        Err(error) => {
            stage.discard(&mut session.destination);
            Err(error)
        }
    }
}

/// Compares both tables, of which the source is seen in a snapshot of its own.
///
/// # Errors
/// What a server reports.
pub fn verify(session: &mut Session<'_>, outcome: &mut Outcome) -> Result<()> {
    let started = Instant::now();
    session.source.begin(View::Still)?;
    session.source.without_limit()?;
    let Totals { ours, theirs } = compare::totals(session)?;
    session.source.commit()?;
    outcome.add_comparison(Comparison::of_totals(&ours, &theirs), started.elapsed());
    Ok(())
}

/// Where rows are inserted into a table that keeps its place, its triggers may have changed them.
fn check_triggers(session: &mut Session<'_>, ours: &Total) -> Result<()> {
    let Some(triggers) = session.pair.row_triggers.clone() else { return Ok(()) };
    let theirs = compare::total_of_destination(session)?;
    match theirs == *ours {
        true => Ok(()),
        false => Err(window::changed_by(&triggers).at(Place::table(session.pair.table.to_string()))),
    }
}

fn check_loss(session: &Session<'_>, rows: u64, rows_there: u64) -> Result<()> {
    let (gone, most) = (rows_there.saturating_sub(rows), session.settings.max_deletes);
    if most.allows(gone, rows_there) {
        return Ok(());
    }
    let what = format!(
        "{} of {} rows are gone at the source, and --max-deletes allows {most}; the rows stay as they are",
        thousands(gone),
        thousands(rows_there)
    );
    Err(Error::failed(what)
        .of_data()
        .at(Place::table(session.pair.table.to_string()))
        .remedy("look at the source; if these rows are really gone, run `pghaul sync once` with a greater --max-deletes, such as 100%"))
}

fn find(session: &mut Session<'_>) -> Result<TargetTable> {
    let (table, columns) = (&session.pair.table, session.pair.source.copied());
    let destination = Destination {
        schema: Some(table.schema().to_owned()),
        table: table.name().to_owned(),
        mode: Into::Replace,
        key: Vec::new(),
        columns: None,
        // How many rows may go is checked before.
        allow_empty: true,
    };
    let columns: Vec<_> = columns
        .map(|column| (column.name.clone(), TypeName::from_server(column.type_name.clone())))
        .collect();
    TargetTable::find(&mut session.destination, &destination, Some(&columns))
}

fn load(session: &mut Session<'_>, state: &State, target: &TargetTable, stage: &Stage) -> Result<Piped> {
    let pair = &session.pair;
    let (copy_to, copy_from) = (pair.copy_to("true", ""), pair.copy_from(&stage.table().to_string()));
    let meter = Meter { pace: session.pace, advance: &|_| {} };
    let mut transaction = session.destination.transaction()?;
    let piped = timeline::during(Step::Copy, pair.table.name(), || {
        let piped = pipe(session.source.client(), &copy_to, &mut transaction, &copy_from, meter)?;
        transaction.commit()?;
        Ok::<_, Error>(piped)
    })?;
    let mut publishing = timeline::begin(Step::Publish, pair.table.name());
    let mut transaction = session.destination.transaction()?;
    // The rows of a table that keeps its place are deleted before the new ones come.
    transaction.batch_execute("SET CONSTRAINTS ALL DEFERRED")?;
    target.publish(stage, &mut transaction)?;
    state.begin_new(&mut transaction, &pair.table, &session.identity)?;
    transaction.commit()?;
    publishing.end();
    Ok(piped)
}
