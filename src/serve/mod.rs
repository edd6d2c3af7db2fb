//! `pghaul serve`: a REST API over the tables that the configuration names.
//!
//! ```text
//! http (connections, host, rate, token) → requests → query (a statement: identifiers from the catalog, values as
//!     parameters) → database → PostgreSQL's JSON → answer
//! ```
//!
//! This is the only part of the crate that uses tokio; everything else blocks. All requests share a `State`. Its
//! `Snapshot` holds the settings and the tables as the database describes them, and is replaced as a whole when either
//! changes.

mod answer;
mod database;
mod describe;
mod http;
pub mod query;
mod requests;
pub mod settings;
mod shared;
mod signals;
pub mod tables;
pub mod who;

use crate::pg::database::Database;
use crate::pg::trust;
use crate::{Error, Result};
use database::pool::Pool;
use database::watch::Readiness;
use http::listener::{self, Listener};
use settings::{Reload, Settings};
use shared::peer::Peer;
use shared::state::{self, Snapshot, State};
use shared::turns::Work;
use signals::Signals;
use std::sync::Arc;

/// Serves until a signal asks to stop, and returns that signal.
///
/// # Errors
/// An address that cannot be listened on, a database that cannot be reached, a table that cannot be served.
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
    if !database.is_private() {
        let work = Work { peer: Peer::SERVICE, is_row: true };
        let rows = pool.get(work).await?.query(trust::IS_SUPERUSER, &[]).await?;
        trust::say_superuser(rows.first());
    }
    let listener = Listener::bind(&snapshot.settings).await?;
    let readiness = Readiness::default();
    readiness.connect(database.target()).await?;
    let state = Arc::new(State::new(pool, readiness, snapshot));
    listener.announce(&state)?;
    let housekeeping = tokio::spawn(state::housekeeping(Arc::clone(&state)));
    let (watched, target) = (Arc::clone(&state), database.target().clone());
    let watch = tokio::spawn(async move { watched.readiness.watch(target).await });
    let signal = listener.serve(Arc::clone(&state), signals, reload).await;
    housekeeping.abort();
    watch.abort();
    Ok(signal)
}
