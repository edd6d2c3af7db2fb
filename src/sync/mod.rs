//! `pghaul sync`: keeps a table in one PostgreSQL the same as a table in another, once or continuously.
//!
//! ```text
//! shape ─→ destination ─→ load (ranges) ─→ indexes ─→ pass (windows) ─→ deletes ─→ compare
//! catalog  created or     COPY to COPY,    built      what has changed  keys that  for --verify
//!          compared       many at once     at last    since, by cursor  are gone
//! ```
//!
//! The state of a destination is in its own database (`state.rs`). It changes in the same transactions as the destination's
//! rows, so a run can end at any point and the next one goes on. The source is only read.

mod compare;
mod follow;
mod load;
mod open;
mod outcome;
mod ranges;
mod session;
pub mod settings;
mod state;
mod table;
mod watch;

pub use outcome::Outcome;
pub use watch::watch;

use crate::Result;
use crate::pg::retry::Retries;
use crate::pg::statements;
use crate::report::log::Verbosity;
use compare::Compared;
use follow::{deletes, pass};
use session::Session;
use settings::Settings;
use state::{Phase, State};
use std::time::Instant;

/// Makes the destination the same as the source is now.
///
/// # Errors
/// A table or a column that cannot be synced, exit code 2; what a server reports; Ctrl-C. What is complete stays, and the next
/// run goes on from there.
pub fn once(settings: &Settings, verbosity: Verbosity) -> Result<Outcome> {
    let mut retries = Retries::new(settings.retries);
    let mut outcome = Outcome::default();
    loop {
        match attempt(settings, verbosity, &mut outcome) {
            Ok(()) => return Ok(outcome),
            Err(error) => retries.wait_after(error)?,
        }
    }
}

/// Opens both sides and brings the destination up to date. `outcome` has what was done, even after a failure.
fn attempt(settings: &Settings, verbosity: Verbosity, outcome: &mut Outcome) -> Result<()> {
    open::with(settings, verbosity, |session, state| {
        initial_load(session, state, outcome)?;
        if session.pair.cursor.is_none()
            && !settings.verify
            && settings.deletes.is_none()
            && outcome.is_loaded()
        {
            // Without a cursor nothing can be followed, and the load was all that was asked for.
            return run_after(session, outcome);
        }
        follow_changes(session, state, outcome, settings.deletes.is_some() || settings.verify)?;
        run_after(session, outcome)
    })
}

/// Makes the initial load, or finishes one that an earlier run has begun.
fn initial_load(session: &mut Session<'_>, state: &mut State, outcome: &mut Outcome) -> Result<()> {
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
fn follow_changes(
    session: &mut Session<'_>,
    state: &mut State,
    outcome: &mut Outcome,
    in_snapshot: bool,
) -> Result<()> {
    session.pair.followed()?;
    let started = Instant::now();
    let pass = pass::run(session, state, in_snapshot)?;
    let deleted = match (session.settings.deletes, in_snapshot) {
        (Some(_), true) => deletes::run(session)?,
        _ => 0,
    };
    outcome.add_pass(pass, deleted, started.elapsed());
    if session.settings.verify && in_snapshot {
        let started = Instant::now();
        let comparison = compare::compare(session, Compared::Rows)?;
        outcome.add_comparison(comparison, started.elapsed());
    }
    if in_snapshot {
        session.source.batch_execute("COMMIT")?;
    }
    Ok(())
}

/// Runs the statements under `after`, if the destination has changed.
fn run_after(session: &mut Session<'_>, outcome: &Outcome) -> Result<()> {
    if !outcome.has_changed() {
        return Ok(());
    }
    statements::execute(&mut session.destination, &session.settings.after_key, &session.settings.after)
}
