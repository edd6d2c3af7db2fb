//! A table in one PostgreSQL kept the same in another, once or continuously.
//!
//! ```text
//! shape ─→ destination ─→ load (ranges) ─→ indexes ─→ pass (windows) ─→ deletes ─→ compare
//! catalog  created or     COPY to COPY,    built      what has changed  keys that  for --verify
//!          compared       many at once     at last    since, by cursor  are gone
//! ```
//!
//! Everything that is known of a destination is in its own database (`state.rs`), and changes in the transaction that it tells
//! of, so a run can end anywhere and the next one goes on. The source is only read.

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

/// Makes the destination the same as the source, as it is now.
///
/// # Errors
/// What stops the run: a table or a column that cannot be, exit code 2; what a server reports; Ctrl-C. What is complete
/// stays, and the next run goes on from there.
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

/// Opens both sides, and does all that there is to do. What is done is in `outcome` even where something fails.
fn attempt(settings: &Settings, verbosity: Verbosity, outcome: &mut Outcome) -> Result<()> {
    open::with(settings, verbosity, |session, state| {
        load(session, state, outcome)?;
        if session.pair.cursor.is_none()
            && !settings.verify
            && settings.deletes.is_none()
            && outcome.is_loaded()
        {
            // Nothing can be followed, and nothing more was asked for.
            return after(session, outcome);
        }
        follow(session, state, outcome, settings.deletes.is_some() || settings.verify)?;
        after(session, outcome)
    })
}

/// The initial load, or what is left of it.
fn load(session: &mut Session<'_>, state: &mut State, outcome: &mut Outcome) -> Result<()> {
    if state.phase == Phase::Following {
        return Ok(());
    }
    let started = Instant::now();
    let piped = load::load(session, state)?;
    outcome.add_load(piped, started.elapsed());
    Ok(())
}

/// A pass, and in the same snapshot of the source what compares both tables.
fn follow(
    session: &mut Session<'_>,
    state: &mut State,
    outcome: &mut Outcome,
    in_snapshot: bool,
) -> Result<()> {
    session.pair.followed()?;
    let started = Instant::now();
    let pass = pass::pass(session, state, in_snapshot)?;
    let deleted = match (session.settings.deletes, in_snapshot) {
        (Some(_), true) => deletes::follow(session)?,
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

/// The statements that follow what has changed the destination.
fn after(session: &mut Session<'_>, outcome: &Outcome) -> Result<()> {
    if !outcome.has_changed() {
        return Ok(());
    }
    statements::execute(&mut session.destination, &session.settings.after_key, &session.settings.after)
}
