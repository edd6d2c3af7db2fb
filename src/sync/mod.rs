//! `pghaul sync`: keeps a table in one PostgreSQL the same as a table in another, once or continuously.
//!
//! ```text
//! shape ─→ destination ─→ load (ranges) ─→ indexes ─→ pass (windows) ─→ deletes ─→ compare
//! catalog  created or     COPY to COPY,    built      what has changed  keys that  for --verify
//!          compared       many at once     at last    since, by cursor  are gone
//! ```
//!
//! `many/` does this for all tables of a schema, or of several jobs.
//!
//! The state of a destination is in its own database (`state.rs`). It changes in the same transactions as the destination's
//! rows, so a run can end at any point and the next one goes on. The source is only read.

mod compare;
pub mod follow;
mod full;
mod load;
mod many;
mod open;
mod outcome;
mod prepare;
pub mod ranges;
mod reader;
mod session;
pub mod settings;
mod side;
mod state;
mod steps;
pub mod table;
mod watch;

pub use many::{Runs, once as once_many, watch as watch_many};
pub use outcome::Outcome;
pub use watch::watch;

use crate::Result;
use crate::pg::retry::Retries;
use crate::report::log::Verbosity;
use settings::Settings;
use steps::{bring_up_to_date, run_after};

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
        bring_up_to_date(session, state, outcome, true)?;
        run_after(session, outcome)
    })
}
