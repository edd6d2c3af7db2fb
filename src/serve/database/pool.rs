//! A pool of connections to the database. They are made by the same rules as those of all other commands.

use super::connection::{Access, Connection};
use crate::pg::connect::{Dial, Target, of_this_process};
use crate::serve::settings::Limits;
use crate::serve::shared::turns::{Turns, Work};
use crate::{Error, Result};
use deadpool::Runtime;
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

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

/// Opens and checks connections.
pub struct Manager {
    target: Target,
    time: Duration,
}

/// A connection with its prepared statements.
pub struct PooledClient {
    /// The connection.
    pub client: Client,
    /// How it was encrypted: a cancelling connection needs the same.
    pub tls: Option<MakeRustlsConnect>,
    /// Whether the database or the role lets it only read.
    pub only_reads: bool,
    /// What statements may do; none if that is not certain.
    access: Mutex<Option<Access>>,
    statements: Mutex<HashMap<String, Statement>>,
}

impl PooledClient {
    /// The prepared statements.
    pub fn statements(&self) -> MutexGuard<'_, HashMap<String, Statement>> {
        self.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what statements may do from now on, and returns what they could do so far.
    pub fn allow(&self, access: Option<Access>) -> Option<Access> {
        std::mem::replace(&mut *self.access.lock().unwrap_or_else(PoisonError::into_inner), access)
    }
}

/// Opens asynchronous connections, from threads that may block.
#[derive(Clone)]
pub struct AsyncDial(pub Handle);

impl Dial for AsyncDial {
    type Client = (Client, Option<MakeRustlsConnect>);

    fn dial(
        &self,
        config: Config,
        tls: Option<MakeRustlsConnect>,
    ) -> Result<Self::Client, tokio_postgres::Error> {
        let client = match tls.clone() {
            Some(tls) => {
                let (client, connection) = self.0.block_on(config.connect(tls))?;
                self.0.spawn(connection);
                client
            }
            None => {
                let (client, connection) = self.0.block_on(config.connect(NoTls))?;
                self.0.spawn(connection);
                client
            }
        };
        Ok((client, tls))
    }

    fn simple_query(
        &self,
        (client, _): &mut Self::Client,
        sql: &str,
    ) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        self.0.block_on(client.simple_query(sql))
    }
}

impl managed::Manager for Manager {
    type Type = PooledClient;
    type Error = Error;

    async fn create(&self) -> Result<PooledClient> {
        let (target, dial) = (self.target.clone(), AsyncDial(Handle::current()));
        let connect = move || target.connect_by(&dial, &of_this_process);
        let (client, tls) = tokio::task::spawn_blocking(connect).await.map_err(Error::failed)??;
        // The server cancels a statement that takes too long, even if its client has gone. A shorter limit of the role stays.
        let time = i32::try_from(self.time.as_millis()).unwrap_or(i32::MAX);
        let row = client.query_one(include_str!("session.sql"), &[&time]).await?;
        let only_reads = row.get(0);
        Ok(PooledClient { client, tls, only_reads, access: Mutex::default(), statements: Mutex::default() })
    }

    async fn recycle(&self, client: &mut PooledClient, _: &Metrics) -> RecycleResult<Error> {
        if client.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

impl Pool {
    /// A pool without connections; it opens them when requests need them.
    pub fn new(target: Target, limits: &Limits) -> Pool {
        let builder = managed::Pool::builder(Manager { target, time: limits.time })
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
