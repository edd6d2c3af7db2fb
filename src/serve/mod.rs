//! `pghaul serve`: a REST API over the tables that the configuration names.
//!
//! ```text
//! listener (connections, their limits) → guard (host, rate, token) → routes → list | row | write
//!     → statement (SQL: identifiers from the catalog, values as parameters) → pool → PostgreSQL's JSON → answer
//! ```
//!
//! Here alone is tokio; everything else in this crate blocks. `State` is what all requests share; its `Snapshot`, which
//! holds the settings and what the database says of the tables, is replaced as a whole when either changes.

mod answer;
mod database;
mod describe;
mod http;
mod query;
mod requests;
pub mod settings;
mod shared;
mod signals;
mod tables;

use crate::pg::database::Database;
use crate::{Error, Result};
use database::pool::Pool;
use http::listener::{self, Listener};
use settings::{Reload, Settings};
use shared::state::{self, Snapshot, State};
use signals::Signals;
use std::sync::Arc;

/// Serves until a signal asks to stop, and gives that signal.
///
/// # Errors
/// Refuses what cannot be served: an address that cannot be listened on, a database that is away, a table that does not exist.
pub fn run(settings: Settings, database: &Database, reload: Reload) -> Result<i32> {
    listener::allow_many_files();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.workers)
        .thread_name("serve")
        .enable_all()
        .build()
        .map_err(Error::refused)?;
    runtime.block_on(serve(settings, database, reload))
}

async fn serve(settings: Settings, database: &Database, reload: Reload) -> Result<i32> {
    let signals = Signals::listen()?;
    let pool = Pool::new(database.target().clone(), &settings.limits);
    let snapshot = Snapshot::load(settings, &pool).await?;
    let listener = Listener::bind(&snapshot.settings).await?;
    let state = Arc::new(State::new(pool, snapshot));
    listener.announce(&state)?;
    let housekeeping = tokio::spawn(state::housekeeping(Arc::clone(&state)));
    let signal = listener.serve(Arc::clone(&state), signals, reload).await;
    housekeeping.abort();
    Ok(signal)
}
