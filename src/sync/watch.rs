//! Passes until a signal, with a pause between them.

use super::open;
use super::outcome::Outcome;
use super::session::Session;
use super::settings::Settings;
use super::state::State;
use super::steps::{BETWEEN_LOOKS, bring_up_to_date, run_after};
use crate::Result;
use crate::pg::retry::Retries;
use crate::report::log::Verbosity;
use crate::report::print;
use crate::run::interrupt;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// How often a pause checks for the signal.
const POLL: Duration = Duration::from_millis(50);

/// Keeps the destination the same until a signal stops it. A lost connection is opened again, however long that takes.
///
/// # Errors
/// As [`super::once`], but for lost connections; a signal in the middle of a pass. Between two passes it only ends the watch.
pub fn watch(settings: &Settings, verbosity: Verbosity) -> Result<()> {
    let retries = RefCell::new(Retries::endless());
    loop {
        match open::with(settings, verbosity, |session, state| watch_on(session, state, &retries)) {
            Ok(()) => return Ok(()),
            Err(error) => retries.borrow_mut().wait_after(error)?,
        }
    }
}

fn watch_on(session: &mut Session<'_>, state: &mut State, retries: &RefCell<Retries>) -> Result<()> {
    let mut looked_at: Option<Instant> = None;
    loop {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        let between = BETWEEN_LOOKS.max(session.settings.every);
        let looks_closely = looked_at.is_none_or(|last| last.elapsed() >= between);
        if looks_closely {
            looked_at = Some(started);
        }
        bring_up_to_date(session, state, &mut outcome, looks_closely)?;
        run_after(session, &outcome)?;
        if session.verbosity != Verbosity::Quiet {
            print(&outcome.line(&session.settings.to_table.1))?;
        }
        // The pass has succeeded, so the waits after failures begin again with the shortest.
        retries.replace(Retries::endless());
        if !pause(session.settings.every.saturating_sub(started.elapsed())) {
            return Ok(());
        }
    }
}

/// Sleeps, and gives whether no signal has come.
fn pause(length: Duration) -> bool {
    let until = Instant::now() + length;
    while interrupt::requested().is_none() {
        match until.checked_duration_since(Instant::now()) {
            Some(left) => std::thread::sleep(left.min(POLL)),
            None => return true,
        }
    }
    false
}
