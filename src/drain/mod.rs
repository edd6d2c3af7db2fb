//! `pghaul drain`: a Redis cache into PostgreSQL, each row exactly once, then cleared.
//!
//! ```text
//! registry ─→ replica ─→ take ─────────→ pages ─→ load ─────────→ publish ─────→ take::finish
//! (which      (one after  (the hash gets  (HSCAN)  (streams into   (one transac-   (UNLINK)
//!  have rows)  the other)  another name)            a staging       tion, with the
//!                                                   table)          ledger's row)
//! ```
//!
//! A gateway has no `take` and no `finish`: its rows are read, and read again.

mod advice;
mod batch;
mod cache;
mod load;
mod replica;
mod row;
pub mod settings;
mod target;
mod types;
mod watch;

use crate::Result;
use crate::pg::database::Database;
use crate::report::Done;
use crate::run::interrupt;
use cache::source::Cache;
use settings::Settings;
use std::time::Duration;

/// How long a run may take to end after a signal. Redis, or a gateway, may not answer; and to be ended at any moment does no harm.
const STUCK: Duration = Duration::from_secs(3);

/// Drains what there is, or, if the run is to watch, what comes until a signal asks to stop.
///
/// # Errors
/// What is wrong before anything is touched. What happens to a replica is in its report.
pub fn run(settings: &Settings, database: &Database) -> Result<Done> {
    interrupt::end_after(STUCK);
    watch::run(settings, database)
}

/// The columns of all replicas of the job as they would be inferred now, as lines for the configuration. Takes nothing.
///
/// # Errors
/// What is wrong with a replica; what Redis or the gateway report; Ctrl-C.
pub fn columns(settings: &Settings) -> Result<String> {
    interrupt::end_after(STUCK);
    let mut cache = Cache::new(settings);
    let mut text = String::new();
    for replica in cache.replicas()? {
        let learnt = cache.look(&replica)?;
        let columns: Vec<String> = learnt
            .types()
            .map(|(name, type_name)| format!("{}: {}", yaml(&name), yaml(type_name.as_str())))
            .collect();
        text.push_str(&format!("# {replica}\ncolumns: {{{}}}\n", columns.join(", ")));
    }
    Ok(text)
}

/// A name, of a column or a type, in YAML.
fn yaml(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ' ';
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "''")),
    }
}
