//! Connections to the database, made by the same rules as those of all other commands, kept and used in turn.

use super::statement::{AsText, Parameter};
use crate::pg::connect::{Dial, Target, of_this_process};
use crate::serve::answer::failure::Failure;
use crate::serve::settings::Limits;
use crate::{Error, Result};
use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row, RowStream, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a new connection may take; a database that does not answer by then is away.
const CREATE: Duration = Duration::from_secs(5);
/// Prepared statements of a connection. Clients choose the columns of filters and orders, and with them the statements; with
/// one more than this, all are forgotten.
const MOST_STATEMENTS: usize = 200;

/// How often a database that is away is in the log: each request meets it, and a log that nobody reads must not fill up.
const LOGGED: Duration = Duration::from_secs(10);

/// The connections.
pub struct Pool {
    pool: managed::Pool<Manager>,
    /// When it was last logged that the database is away.
    logged: Mutex<Option<Instant>>,
}

/// A connection from the pool, to which it goes back on drop.
pub struct Connection(Object<Manager>);

/// Opens and checks connections.
struct Manager {
    target: Target,
    time: Duration,
}

/// A connection with its prepared statements.
struct Kept {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
}

/// Opens asynchronous connections, from threads that may wait.
#[derive(Clone)]
struct Asynchronous(Handle);

impl Dial for Asynchronous {
    type Client = Client;

    fn dial(&self, config: Config, tls: Option<MakeRustlsConnect>) -> Result<Client, tokio_postgres::Error> {
        match tls {
            Some(tls) => {
                let (client, connection) = self.0.block_on(config.connect(tls))?;
                self.0.spawn(connection);
                Ok(client)
            }
            None => {
                let (client, connection) = self.0.block_on(config.connect(NoTls))?;
                self.0.spawn(connection);
                Ok(client)
            }
        }
    }

    fn simple_query(
        &self,
        client: &mut Client,
        sql: &str,
    ) -> Result<Vec<SimpleQueryMessage>, tokio_postgres::Error> {
        self.0.block_on(client.simple_query(sql))
    }
}

impl managed::Manager for Manager {
    type Type = Kept;
    type Error = Error;

    async fn create(&self) -> Result<Kept> {
        let (target, dial) = (self.target.clone(), Asynchronous(Handle::current()));
        let connect = move || target.connect_by(&dial, &of_this_process);
        let client = tokio::task::spawn_blocking(connect).await.map_err(Error::failed)??;
        // The server gives up what takes too long, whoever waits for it.
        client.batch_execute(&format!("SET statement_timeout = {}", self.time.as_millis())).await?;
        Ok(Kept { client, statements: Mutex::default() })
    }

    async fn recycle(&self, kept: &mut Kept, _: &Metrics) -> RecycleResult<Error> {
        if kept.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}

impl Pool {
    /// A pool that opens connections when they are needed.
    pub fn new(target: Target, limits: &Limits) -> Pool {
        let builder = managed::Pool::builder(Manager { target, time: limits.time })
            .max_size(limits.database)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(limits.time))
            .create_timeout(Some(CREATE));
        // It refuses timeouts without a runtime, which there is.
        let pool = builder.build().unwrap_or_else(|error| unreachable!("{error}"));
        Pool { pool, logged: Mutex::default() }
    }

    /// A connection, once one is free.
    ///
    /// # Errors
    /// None is free in time, or none can be made.
    pub async fn get(&self) -> Result<Connection> {
        let got = self.pool.get().await.map(Connection).map_err(|error| match error {
            managed::PoolError::Backend(error) => error,
            other => Error::failed(format!("no connection to the database: {other}")).of_connection(),
        });
        if let Err(error) = &got {
            self.log(error);
        }
        got
    }

    /// Logs why there is no connection, unless it was logged a short time ago.
    fn log(&self, error: &Error) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.is_none_or(|at| at.elapsed() >= LOGGED) {
            *logged = Some(Instant::now());
            tracing::warn!("{error}");
        }
    }

    /// Connections that there are, and those of them that nobody uses.
    pub fn size(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }

    /// Requests that wait for one.
    pub fn waiting(&self) -> usize {
        self.pool.status().waiting
    }

    /// Changes how many there may be.
    pub fn resize(&self, most: usize) {
        self.pool.resize(most);
    }
}

impl Connection {
    /// Runs one of our own statements.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        Ok(self.0.client.query(sql, params).await?)
    }

    /// Runs a statement with values that are sent as text, which the server reads as whatever type stands there.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn stream(&self, sql: &str, params: &[Parameter]) -> Result<RowStream, Failure> {
        let statement = self.prepare(sql).await?;
        let params: Vec<AsText<'_>> =
            params.iter().map(|parameter| AsText(parameter.value.as_deref())).collect();
        let rows = self.0.client.query_raw(&statement, params).await.map_err(Failure::from);
        if rows.as_ref().err().is_some_and(Failure::is_of_stale_tables) {
            // A table has changed since they were prepared.
            self.statements().clear();
        }
        rows
    }

    /// Runs a statement, and gives the first two columns of its rows.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn pairs(&self, sql: &str, params: &[Parameter]) -> Result<Vec<(String, String)>, Failure> {
        let mut rows = pin!(self.stream(sql, params).await?);
        let mut pairs = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row?;
            pairs.push((row.get(0), row.get(1)));
        }
        Ok(pairs)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn begin(self) -> Result<Open, Failure> {
        let open = Open(Some(self));
        open.connection().0.client.batch_execute("BEGIN").await?;
        Ok(open)
    }

    /// Takes it out of the pool, since nobody knows what state it is in; it is closed on drop.
    pub fn discard(self) {
        drop(Object::take(self.0));
    }

    fn statements(&self) -> MutexGuard<'_, HashMap<String, Statement>> {
        self.0.statements.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        if let Some(known) = self.statements().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.0.client.prepare(sql).await?;
        let mut statements = self.statements();
        if statements.len() >= MOST_STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// A connection with an open transaction. One that is dropped, as when the client has gone, is closed, which ends it.
pub struct Open(Option<Connection>);

impl Open {
    /// The connection.
    pub fn connection(&self) -> &Connection {
        // Taken by what consumes it, and by drop.
        self.0.as_ref().unwrap_or_else(|| unreachable!("an open transaction has its connection"))
    }

    /// Makes what was done last.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn commit(self) -> Result<(), Failure> {
        self.end("COMMIT").await
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// What the server reports.
    pub async fn roll_back(self) -> Result<(), Failure> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, sql: &str) -> Result<(), Failure> {
        self.connection().0.client.batch_execute(sql).await?;
        // Back to the pool.
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.discard();
        }
    }
}
