//! `pghaul drain`: a Redis cache into PostgreSQL, each row exactly once, then cleared.
//!
//! ```text
//! job_cache ─→ replica ─→ take ─────────→ pages ─→ load ─────────→ batch ────────→ take::finish
//! (which       (one after  (the hash gets  (HSCAN)  (streams into   (one transac-   (UNLINK)
//!  replicas     the other)  another name)            a staging       tion, with the
//!  have rows)                                        table)          ledger's row)
//! ```
//!
//! A gateway has neither `take` nor `finish`: its rows are read, and the next run reads them again.

mod advice;
mod batch;
mod cache;
mod columns;
mod ids;
mod job_cache;
mod load;
mod replica;
mod row;
pub mod settings;
mod target;
mod tries;
mod types;
mod watch;

use crate::Result;
use crate::pg::database::Database;
use crate::report::Done;
use crate::run::interrupt;
use settings::Settings;
use std::time::Duration;

/// How long a run may take to end after a signal. Redis or a gateway may not answer; to end at any moment does no harm.
const STUCK: Duration = Duration::from_secs(3);

/// Drains all rows that the job's replicas have now. A run that watches goes on until a signal stops it.
///
/// # Errors
/// What is wrong before anything is touched. What happens to a replica is in its report.
pub fn run(settings: &Settings, database: &Database) -> Result<Done> {
    interrupt::end_after(STUCK);
    watch::run(settings, database)
}

/// The columns of all replicas of the job as they would be inferred now, as lines for the configuration. No row is taken.
///
/// # Errors
/// What is wrong with a replica; what Redis or the gateway report; Ctrl-C.
pub fn columns(settings: &Settings) -> Result<String> {
    interrupt::end_after(STUCK);
    columns::columns(settings)
}
