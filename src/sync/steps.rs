//! The steps of a run: the initial load, a pass over the changes, and the statements that follow.

use super::compare::{self, Compared};
use super::follow::deletes::{self, Found};
use super::follow::pass;
use super::full;
use super::load::{self, Loaded};
use super::outcome::Outcome;
use super::reader::View;
use super::session::Session;
use super::settings::{Deletes, Settings};
use super::state::{Phase, State};
use super::table::sequences;
use crate::Result;
use crate::pg::sqlstate::SqlState;
use crate::pg::statements;
use std::time::{Duration, Instant};

/// The least time between two looks that read all rows on both sides: for deleted rows, and at a table that is synced whole.
pub const BETWEEN_LOOKS: Duration = Duration::from_secs(60);

/// Makes the initial load, or finishes one that an earlier run has begun.
///
/// # Errors
/// What a server reports; Ctrl-C. Complete ranges stay.
fn initial_load(session: &mut Session<'_>, state: &mut State, outcome: &mut Outcome) -> Result<Loading> {
    if state.phase == Phase::Following {
        return Ok(Loading::Earlier);
    }
    let started = Instant::now();
    let Loaded { piped, is_continued } = load::run(session, state)?;
    outcome.add_load(piped, started.elapsed());
    Ok(if is_continued { Loading::Continued } else { Loading::Whole })
}

/// When the initial load was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loading {
    /// By an earlier run.
    Earlier,
    /// By earlier runs and this one, from several snapshots.
    Continued,
    /// By this run, from one snapshot.
    Whole,
}

/// Brings a table up to date: its initial load, then its changes, or all of it, if it is synced whole. `looks_closely` says whether this
/// is the time to do what reads whole tables: to follow deletes and to compare, as the settings say, and to look at a table that is
/// synced whole.
///
/// # Errors
/// A source without key or cursor; what a server reports; Ctrl-C. What is complete stays.
pub fn bring_up_to_date(
    session: &mut Session<'_>,
    state: &mut State,
    outcome: &mut Outcome,
    looks_closely: bool,
) -> Result<()> {
    let brought = bring_rows(session, state, outcome, looks_closely);
    if outcome.has_changed() {
        let reads_all = outcome.is_loaded();
        // What has failed is the cause, and the connection may be lost.
        let set = sequences::set_behind(&mut session.destination, &session.pair.table, reads_all);
        return brought.and(set);
    }
    brought
}

fn bring_rows(
    session: &mut Session<'_>,
    state: &mut State,
    outcome: &mut Outcome,
    looks_closely: bool,
) -> Result<()> {
    let loading = initial_load(session, state, outcome)?;
    if !session.is_whole {
        let Settings { deletes, verify, .. } = session.settings;
        return follow_changes(session, state, outcome, looks_closely && (deletes.is_some() || *verify));
    }
    outcome.is_whole = true;
    if looks_closely && loading != Loading::Whole {
        full::refresh(session, state, outcome)?;
    }
    if looks_closely && session.settings.verify {
        full::verify(session, outcome)?;
    }
    Ok(())
}

/// Makes a pass. With `in_snapshot`, the same snapshot of the source is then compared with the destination, for deletes and for
/// `--verify`.
///
/// # Errors
/// A source without key or cursor; what a server reports; Ctrl-C. Complete windows stay.
fn follow_changes(
    session: &mut Session<'_>,
    state: &mut State,
    outcome: &mut Outcome,
    in_snapshot: bool,
) -> Result<()> {
    session.pair.followed()?;
    let started = Instant::now();
    let before = state.clone();
    let mut first_gone = 0;
    let mut pass = match pass::run(session, state, in_snapshot) {
        // A row that is gone at the source may still hold a value that is another row's now.
        Err(error)
            if SqlState::from(&error).is_of_other_rows()
                && session.settings.deletes == Some(Deletes::Hard) =>
        {
            tracing::debug!("rows that are gone are deleted first, since: {error}");
            *state = before;
            session.source.begin(View::Still)?;
            first_gone = deletes::delete_alone(session)?;
            session.source.commit()?;
            pass::run(session, state, in_snapshot)?
        }
        pass => pass?,
    };
    let found = match (session.settings.deletes, in_snapshot) {
        (Some(_), true) => deletes::run(session, state)?,
        _ => Found::default(),
    };
    pass.add(found.fetched);
    outcome.add_pass(pass, first_gone + found.gone, started.elapsed());
    if session.settings.verify && in_snapshot {
        let started = Instant::now();
        let mut comparison = compare::compare(session, Compared::Rows)?;
        if session.settings.repair {
            let mut keys = comparison.keys(|difference| &difference.missing);
            keys.extend(comparison.keys(|difference| &difference.different));
            if !keys.is_empty() {
                outcome.add_repair(deletes::fetch(session, state, &keys)?);
                comparison = compare::compare(session, Compared::Rows)?;
            }
        }
        outcome.add_comparison(comparison, started.elapsed());
    }
    if in_snapshot {
        session.source.commit()?;
    }
    Ok(())
}

/// Runs the statements under `after`, if the destination has changed.
///
/// # Errors
/// What a server reports.
pub fn run_after(session: &mut Session<'_>, outcome: &Outcome) -> Result<()> {
    if !outcome.has_changed() {
        return Ok(());
    }
    statements::execute(&mut session.destination, &session.settings.after_key, &session.settings.after)
}
