//! The state that all requests share, and the snapshot of settings and tables in it.

use super::metrics::Metrics;
use super::peer::Peer;
use super::rate::RateLimits;
use super::turns::Work;
use crate::serve::database::pool::Pool;
use crate::serve::database::watch::Readiness;
use crate::serve::describe::openapi;
use crate::serve::settings::Settings;
use crate::serve::tables::catalog::Tables;
use crate::serve::who::Identity;
use crate::{Error, Result};
use bytes::Bytes;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The greatest age of the snapshot.
const REFRESH: Duration = Duration::from_secs(10);
/// The age below which a request does not have the tables read again.
const FRESH: Duration = Duration::from_secs(1);

/// The settings, and the tables as the database described them at one time.
pub struct Snapshot {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The tables.
    pub tables: Tables,
    /// Their OpenAPI description.
    pub openapi: Bytes,
    /// The counts of each client; none without a limit.
    pub rate: Option<Arc<RateLimits>>,
    read_at: Instant,
}

/// The state of the service.
pub struct State {
    /// The connections to the database.
    pub pool: Pool,
    /// Whether the database answers.
    pub readiness: Readiness,
    /// The counts of requests.
    pub metrics: Metrics,
    snapshot: RwLock<Arc<Snapshot>>,
    reading: tokio::sync::Mutex<()>,
}

impl Snapshot {
    /// The first snapshot for these settings.
    ///
    /// # Errors
    /// A database that cannot be reached, tables that cannot be served.
    pub async fn load(settings: Settings, pool: &Pool) -> Result<Snapshot> {
        let rate = settings.rate.map(|rate| Arc::new(RateLimits::new(rate)));
        let (snapshot, errors) = Snapshot::read(Arc::new(settings), rate, pool).await?;
        for table in snapshot.tables.all().iter().filter(|table| !table.relation.key_is_unique()) {
            let path = &table.settings.path;
            tracing::debug!("table {path}: no unique index makes sure that its key is one");
        }
        if errors.is_empty() { Ok(snapshot) } else { Err(Error::many(errors).into_refused()) }
    }

    async fn read(
        settings: Arc<Settings>,
        rate: Option<Arc<RateLimits>>,
        pool: &Pool,
    ) -> Result<(Snapshot, Vec<Error>)> {
        let connection = pool.get(Work { peer: Peer::SERVICE, is_row: true }).await?;
        let (tables, errors) = Tables::load(&settings.tables, &connection).await?;
        let openapi = Bytes::from(openapi::document(&settings, &tables, &Identity::All).to_string());
        Ok((Snapshot { settings, tables, openapi, rate, read_at: Instant::now() }, errors))
    }
}

impl State {
    /// A state with its first snapshot.
    pub fn new(pool: Pool, readiness: Readiness, snapshot: Snapshot) -> State {
        State {
            pool,
            readiness,
            metrics: Metrics::new(),
            snapshot: RwLock::new(Arc::new(snapshot)),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// The current snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the tables again if the snapshot is older than `age`, and returns the current snapshot. A table that no longer
    /// exists is left out.
    pub async fn refresh(&self, age: Duration) -> Arc<Snapshot> {
        let reading = self.reading.lock().await;
        let known = self.snapshot();
        if known.read_at.elapsed() < age {
            return known;
        }
        let read = Snapshot::read(Arc::clone(&known.settings), known.rate.clone(), &self.pool).await;
        drop(reading);
        match read {
            Ok((snapshot, errors)) => {
                errors.iter().for_each(|error| tracing::debug!("{error}"));
                self.put(snapshot)
            }
            Err(error) => {
                tracing::debug!("{error}");
                known
            }
        }
    }

    /// Reads the tables again for a request that does not fit them.
    pub async fn refresh_for_request(&self) -> Arc<Snapshot> {
        self.refresh(FRESH).await
    }

    /// Replaces the settings, and reads their tables.
    ///
    /// # Errors
    /// As [`Snapshot::load`]; the old snapshot stays.
    pub async fn replace(&self, mut settings: Settings) -> Result<()> {
        let reading = self.reading.lock().await;
        let known = self.snapshot();
        if settings.listen != known.settings.listen || settings.workers != known.settings.workers {
            tracing::warn!("another address to listen on, or number of workers, counts after a restart");
            (settings.listen, settings.workers) = (known.settings.listen, known.settings.workers);
        }
        let database = settings.limits.database;
        let mut snapshot = Snapshot::load(settings, &self.pool).await?;
        if snapshot.settings.rate == known.settings.rate {
            snapshot.rate.clone_from(&known.rate);
        }
        self.pool.resize(database);
        self.put(snapshot);
        drop(reading);
        Ok(())
    }

    fn put(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        snapshot
    }
}

/// Refreshes the snapshot and forgets clients that have gone, again and again; it never returns.
pub async fn housekeeping(state: Arc<State>) {
    loop {
        tokio::time::sleep(REFRESH).await;
        let snapshot = state.refresh(REFRESH / 2).await;
        state.pool.forget();
        if let Some(rate) = &snapshot.rate {
            rate.forget();
        }
    }
}
