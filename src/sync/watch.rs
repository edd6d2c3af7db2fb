//! Passes until a signal, with a pause between them.

use super::open;
use super::outcome::Outcome;
use super::session::Session;
use super::settings::Settings;
use super::state::State;
use super::steps::{follow_changes, initial_load, run_after};
use crate::pg::retry::Retries;
use crate::report::log::Verbosity;
use crate::report::print;
use crate::run::interrupt;
use crate::{Error, Result};
use std::cell::RefCell;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// How often a pause checks for the signal.
const POLL: Duration = Duration::from_millis(50);
/// The least time between two searches for deleted rows: each reads all keys on both sides.
const BETWEEN_DELETES: Duration = Duration::from_secs(60);

/// Keeps the destination the same until a signal stops it. A lost connection is opened again, however long that takes.
///
/// # Errors
/// As [`super::once`], but for lost connections; the signal.
pub fn watch(settings: &Settings, verbosity: Verbosity) -> Result<Infallible> {
    let retries = RefCell::new(Retries::endless());
    loop {
        let lost = open::with(settings, verbosity, |session, state| watch_on(session, state, &retries));
        let Err(error) = lost;
        retries.borrow_mut().wait_after(error)?;
    }
}

fn watch_on(session: &mut Session<'_>, state: &mut State, retries: &RefCell<Retries>) -> Result<Infallible> {
    let mut deletes_at: Option<Instant> = None;
    loop {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        initial_load(session, state, &mut outcome)?;
        let looks_for_deletes = session.settings.deletes.is_some()
            && deletes_at.is_none_or(|last| last.elapsed() >= BETWEEN_DELETES.max(session.settings.every));
        if looks_for_deletes {
            deletes_at = Some(started);
        }
        follow_changes(session, state, &mut outcome, looks_for_deletes)?;
        run_after(session, &outcome)?;
        if session.verbosity != Verbosity::Quiet {
            print(&outcome.line(&session.settings.to_table.1))?;
        }
        // The pass has succeeded, so the waits after failures begin again with the shortest.
        retries.replace(Retries::endless());
        pause(session.settings.every.saturating_sub(started.elapsed()))?;
    }
}

fn pause(length: Duration) -> Result<(), Error> {
    let until = Instant::now() + length;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        interrupt::check()?;
        std::thread::sleep(left.min(POLL));
    }
    interrupt::check()
}
