//! The steps of a run: the initial load, a pass over the changes, and the statements that follow.

use super::compare::{self, Compared};
use super::follow::deletes::{self, Found};
use super::follow::pass;
use super::load;
use super::outcome::Outcome;
use super::session::Session;
use super::state::{Phase, State};
use crate::Result;
use crate::pg::statements;
use std::time::Instant;

/// Makes the initial load, or finishes one that an earlier run has begun.
///
/// # Errors
/// What a server reports; Ctrl-C. Complete ranges stay.
pub fn initial_load(session: &mut Session<'_>, state: &mut State, outcome: &mut Outcome) -> Result<()> {
    if state.phase == Phase::Following {
        return Ok(());
    }
    let started = Instant::now();
    let piped = load::run(session, state)?;
    outcome.add_load(piped, started.elapsed());
    Ok(())
}

/// Makes a pass. With `in_snapshot`, the same snapshot of the source is then compared with the destination, for deletes and for
/// `--verify`.
///
/// # Errors
/// A source without key or cursor; what a server reports; Ctrl-C. Complete windows stay.
pub fn follow_changes(
    session: &mut Session<'_>,
    state: &mut State,
    outcome: &mut Outcome,
    in_snapshot: bool,
) -> Result<()> {
    session.pair.followed()?;
    let started = Instant::now();
    let mut pass = pass::run(session, state, in_snapshot)?;
    let found = match (session.settings.deletes, in_snapshot) {
        (Some(_), true) => deletes::run(session, state)?,
        _ => Found::default(),
    };
    pass.add(found.fetched);
    outcome.add_pass(pass, found.gone, started.elapsed());
    if session.settings.verify && in_snapshot {
        let started = Instant::now();
        let comparison = compare::compare(session, Compared::Rows)?;
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
