//! A pool of connections to the database. They are made by the same rules as those of all other commands.

use super::connection::Connection;
use super::manager::Manager;
use crate::pg::connect::Target;
use crate::serve::settings::Limits;
use crate::serve::shared::turns::{Turns, Work};
use crate::{Error, Result};
use deadpool::Runtime;
use deadpool::managed;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a new connection may take; after that, the database counts as unreachable.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The shortest time between two log lines about an unreachable database: each request meets it, and must not fill the log.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// The connections.
pub struct Pool {
    pool: managed::Pool<Manager>,
    /// As many as connections.
    turns: Arc<Turns>,
    /// The longest wait for a turn.
    time: Duration,
    /// When the last missing connection was logged.
    logged: Mutex<Option<Instant>>,
}

impl Pool {
    /// A pool without connections; it opens them when requests need them.
    pub fn new(target: Target, limits: &Limits) -> Pool {
        let builder = managed::Pool::builder(Manager::new(target, limits.time))
            .max_size(limits.database)
            .runtime(Runtime::Tokio1)
            .create_timeout(Some(CONNECT_TIME));
        // Only timeouts without a runtime are refused, and it has one.
        let pool = builder.build().unwrap_or_else(|error| unreachable!("{error}"));
        Pool { pool, turns: Turns::new(limits.database), time: limits.time, logged: Mutex::default() }
    }

    /// Waits for a client's turn, and for a connection.
    ///
    /// # Errors
    /// No connection is free in time, or a new one cannot be made.
    pub async fn get(&self, work: Work) -> Result<Connection> {
        let none = |why: &dyn std::fmt::Display| {
            Error::failed(format!("no connection to the database: {why}")).of_connection()
        };
        let got = match tokio::time::timeout(self.time, self.turns.take(work)).await {
            Err(_) => Err(none(&"all are in use")),
            Ok(turn) => match self.pool.get().await {
                Ok(object) => Ok(Connection::new(object, turn)),
                Err(managed::PoolError::Backend(error)) => Err(error),
                Err(other) => Err(none(&other)),
            },
        };
        if let Err(error) = &got {
            self.log(error);
        }
        got
    }

    /// Logs a missing connection, unless one was logged a short time ago.
    fn log(&self, error: &Error) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|at| at.elapsed() >= LOG_PAUSE) {
            *logged = Some(Instant::now());
            tracing::warn!("{error}");
        }
    }

    /// The number of connections, and how many of them are idle.
    pub fn size(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }

    /// The number of requests that wait for a connection.
    pub fn waiting(&self) -> usize {
        self.turns.waiting()
    }

    /// Forgets clients that have asked for nothing for a long time.
    pub fn forget(&self) {
        self.turns.forget();
    }

    /// Changes the largest number of connections.
    pub fn resize(&self, most: usize) {
        self.pool.resize(most);
        self.turns.resize(most);
    }
}
