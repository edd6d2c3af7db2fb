//! Prepares the destination: creates its table or compares it with the source's, and reads or begins its state.

use super::follow::now::Now;
use super::full;
use super::load;
use super::session::Session;
use super::settings::Mode;
use super::side::of_source;
use super::state::{self, Marks, Phase, Source, State};
use super::table::choice;
use super::table::destination;
use super::table::pair::Pair;
use super::table::shape::{self, Shape, ShapeColumn};
use crate::pg::catalog;
use crate::pg::trust;
use crate::{Error, Place, Result};

/// Creates the destination's table or compares it with the source's. Gives its state.
///
/// # Errors
/// A table that cannot be synced, exit code 2; what a server reports.
pub fn prepare(session: &mut Session<'_>) -> Result<State> {
    state::set_up(&mut session.destination)?;
    let table = session.pair.table.clone();
    let at = || Place::table(table.to_string());
    let source = session.identity.clone();
    let existing = Shape::read(&mut session.destination, &table).map_err(|error| error.at(at()))?;
    let state = match existing {
        None => create(session, &source).map_err(|error| error.at(at()))?,
        Some(existing) if !existing.is_table() => return Err(shape::no_table().at(at())),
        Some(existing) => trust::check(&mut session.destination, table.schema(), &[table.name()])
            .and_then(|()| take_up(session, &source, &existing))
            .map_err(|error| error.at(at()))?,
    };
    Ok(state)
}

/// Creates the table, and plans its initial load.
fn create(session: &mut Session<'_>, source: &Source) -> Result<State> {
    check_keys_of_children(session)?;
    let state = State { phase: Phase::Loading, marks: first_marks(session)? };
    let ranges = load::plan(session, None)?;
    let table = &session.pair.table;
    let mut transaction = session.destination.transaction()?;
    destination::create(&mut transaction, &session.pair.source, table, session.settings).map_err(
        |error| {
            if error.sqlstate().is_some() { error.into_refused() } else { error }
        },
    )?;
    state.begin_new(&mut transaction, table, source)?;
    state::plan_ranges(&mut transaction, table, &ranges)?;
    transaction.commit()?;
    Ok(state)
}

/// Goes on with an existing table: one whose state is known, an empty one, or one with rows. In the last case the first pass
/// reads all rows of the source, as if each had changed.
fn take_up(session: &mut Session<'_>, source: &Source, existing: &Shape) -> Result<State> {
    check_key_equality(&session.pair, existing)?;
    session.pair.consider(existing);
    let known = State::read(&mut session.destination, &existing.table, existing.oid)?;
    let known_id = known.as_ref().map(|(_, followed)| followed.id.clone()).unwrap_or_default();
    let followable = session.is_whole || session.pair.followed().is_ok();
    let is_swapped = match &known {
        Some((_, followed)) => check_same(followed, source, followable)?,
        None => false,
    };
    let mut transaction = session.destination.transaction()?;
    let has_changed =
        destination::compare(&mut transaction, &session.pair.source, existing, session.settings)?;
    let known = match known {
        Some((state, _)) if followable && (is_swapped || has_changed) => {
            // Rows that are not written again may have other values all the same.
            let state = State { marks: Marks::default(), ..state };
            state.write(&mut transaction, &existing.table)?;
            if is_swapped {
                state::follow(&mut transaction, &existing.table, source)?;
                let why = match choice::without_mark(&source.id) == choice::without_mark(&known_id) {
                    true => "other rows or columns are asked for now",
                    false => "the source's table is another one now",
                };
                tracing::warn!("{}: {why}, so all rows are compared once", existing.table);
            }
            Some(state)
        }
        known => known.map(|(state, _)| state),
    };
    transaction.commit()?;
    let state = match known {
        Some(state) => state,
        None => adopt(session, source, existing)?,
    };
    if state.phase == Phase::Following && !session.is_whole && !session.pair.key.is_empty() {
        check_key(session)?;
    }
    Ok(state)
}

/// Records the state of an existing table that pghaul does not know yet.
fn adopt(session: &mut Session<'_>, source: &Source, existing: &Shape) -> Result<State> {
    let table = session.pair.table.clone();
    let sql = format!("SELECT EXISTS (SELECT FROM {table})");
    let has_rows: bool = session.destination.query_one(&sql, &[])?.get(0);
    // COPY would not tell what triggers do to the rows: a pass and a swap do.
    let is_merged = has_rows || existing.row_triggers.is_some();
    let state = if is_merged {
        match (session.is_whole, session.settings.mode) {
            (true, Mode::Full) => {}
            (true, _) if !has_rows => {}
            (true, _) => return Err(full::unknown_rows()),
            (false, _) => session.pair.followed().map(drop)?,
        }
        State { phase: Phase::Following, marks: Marks::default() }
    } else {
        check_keys_of_children(session)?;
        State { phase: Phase::Loading, marks: first_marks(session)? }
    };
    let ranges = match is_merged {
        true => Vec::new(),
        false => load::plan(session, Some(existing))?,
    };
    let mut transaction = session.destination.transaction()?;
    state.begin(&mut transaction, &table, existing.oid, source)?;
    state::plan_ranges(&mut transaction, &table, &ranges)?;
    transaction.commit()?;
    Ok(state)
}

/// The watermark of an initial load, read before its snapshot is taken: a row up to it is in the snapshot, or belongs to a
/// transaction that is still open.
fn first_marks(session: &mut Session<'_>) -> Result<Marks> {
    if session.pair.cursor.is_none() || session.pair.key.is_empty() {
        return Ok(Marks::default());
    }
    let now = Now::look(&mut session.source, &session.pair, None)?;
    Ok(now.into_first_marks())
}

/// Checks that the destination follows this source. Gives whether another table has taken the place of the source's.
fn check_same(followed: &Source, source: &Source, followable: bool) -> Result<bool> {
    let is_swapped = followed.id != source.id;
    if is_swapped && !(followable && followed.is_namesake_of(source)) {
        return Err(Error::refused(format!("follows another table, {}", followed.described)).remedy(
            "drop it to have it loaded again, or delete its row from pghaul.syncs to have all rows compared once",
        ));
    }
    match (&followed.cursor, &source.cursor) {
        (before, now) if before == now => Ok(is_swapped),
        (Some(before), _) => {
            Err(Error::refused(format!("is followed by the cursor {before}")).remedy(format!(
                "give --cursor {before}, or delete its row from pghaul.syncs to have all rows compared once"
            )))
        }
        (None, _) => {
            Err(Error::refused("was loaded without a cursor, so the changes since then are unknown")
                .remedy("delete its row from pghaul.syncs to have all rows compared once"))
        }
    }
}

/// The key of a parent does not hold across its children, whose rows belong to it.
fn check_keys_of_children(session: &mut Session<'_>) -> Result<()> {
    let pair = &session.pair;
    if !pair.source.is_mother || pair.key.is_empty() {
        return Ok(());
    }
    let (table, key) = (&pair.source.table, pair.key_list());
    let rows = pair.source.rows();
    let sql = format!("SELECT EXISTS (SELECT FROM {rows} GROUP BY {key} HAVING count(*) > 1)");
    if session.source.client().query_one(&sql, &[]).map_err(of_source)?.get(0) {
        return Err(Error::refused("is a parent, and rows of its children have equal keys")
            .at(Place::table(table.to_string()))
            .remedy("give --mode full to have it synced whole"));
    }
    Ok(())
}

/// Keys that the source tells apart must not be equal at the destination, where one row would take the place of the other.
fn check_key_equality(pair: &Pair, existing: &Shape) -> Result<()> {
    let is_looser = |column: &&ShapeColumn| {
        !column.by_text
            && existing
                .column(&column.name)
                .is_some_and(|there| there.by_text && there.type_name == column.type_name)
    };
    match pair.key_columns().find(is_looser) {
        Some(column) => Err(Error::refused("its collation takes keys for equal that the source tells apart")
            .at(Place::default().column(column.name.as_str()))
            .remedy("give the column a deterministic collation, or drop the table to have it created")),
        None => Ok(()),
    }
}

fn check_key(session: &mut Session<'_>) -> Result<()> {
    let pair = &session.pair;
    if catalog::has_unique_index(&mut session.destination, &pair.table, &pair.key)? {
        return Ok(());
    }
    let key = pair.key_list();
    Err(Error::refused(format!("has no unique index on exactly ({key}), by which rows are found"))
        .remedy(format!("CREATE UNIQUE INDEX ON {} ({key})", pair.table)))
}
