//! A pool of connections to the database. They are made by the same rules as those of all other commands.

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

/// How long a new connection may take; after that, the database counts as unreachable.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Prepared statements of a connection. Clients choose the columns of filters and orders, and with them the statements.
/// When a connection would have one more, it forgets all.
const MOST_STATEMENTS: usize = 200;

/// The shortest time between two log lines about an unreachable database: each request meets it, and must not fill the log.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// The connections.
pub struct Pool {
    pool: managed::Pool<Manager>,
    /// When the last missing connection was logged.
    logged: Mutex<Option<Instant>>,
}

/// A connection from the pool; it returns there on drop.
pub struct Connection(Object<Manager>);

/// Opens and checks connections.
struct Manager {
    target: Target,
    time: Duration,
}

/// A connection with its prepared statements.
struct PooledClient {
    client: Client,
    statements: Mutex<HashMap<String, Statement>>,
}

/// Opens asynchronous connections, from threads that may block.
#[derive(Clone)]
struct AsyncDial(Handle);

impl Dial for AsyncDial {
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
    type Type = PooledClient;
    type Error = Error;

    async fn create(&self) -> Result<PooledClient> {
        let (target, dial) = (self.target.clone(), AsyncDial(Handle::current()));
        let connect = move || target.connect_by(&dial, &of_this_process);
        let client = tokio::task::spawn_blocking(connect).await.map_err(Error::failed)??;
        // The server cancels a statement that takes too long, even if its client has gone.
        client.batch_execute(&format!("SET statement_timeout = {}", self.time.as_millis())).await?;
        Ok(PooledClient { client, statements: Mutex::default() })
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
            .wait_timeout(Some(limits.time))
            .create_timeout(Some(CONNECT_TIME));
        // Only timeouts without a runtime are refused, and it has one.
        let pool = builder.build().unwrap_or_else(|error| unreachable!("{error}"));
        Pool { pool, logged: Mutex::default() }
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// No connection is free in time, or a new one cannot be made.
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
        self.pool.status().waiting
    }

    /// Changes the largest number of connections.
    pub fn resize(&self, most: usize) {
        self.pool.resize(most);
    }
}

impl Connection {
    /// Runs a statement that no request has a part in.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        Ok(self.0.client.query(sql, params).await?)
    }

    /// Runs a statement whose values are sent as text; the server reads each as the type that its place in the statement has.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn stream(&self, sql: &str, params: &[Parameter]) -> Result<RowStream, Failure> {
        let statement = self.prepare(sql).await?;
        let params: Vec<AsText<'_>> =
            params.iter().map(|parameter| AsText(parameter.value.as_deref())).collect();
        let rows = self.0.client.query_raw(&statement, params).await.map_err(Failure::from);
        if rows.as_ref().err().is_some_and(Failure::is_of_stale_tables) {
            // A table has changed since the statements were prepared.
            self.statements().clear();
        }
        rows
    }

    /// Runs a statement, and returns the first two columns of its rows.
    ///
    /// # Errors
    /// As the server reports them.
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
    /// As the server reports them.
    pub async fn begin(self) -> Result<Transaction, Failure> {
        let transaction = Transaction(Some(self));
        transaction.connection().0.client.batch_execute("BEGIN").await?;
        Ok(transaction)
    }

    /// Takes the connection out of the pool and closes it: its state is unknown.
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

/// A connection with an open transaction. Dropping it, as when the client has gone, closes the connection, which rolls
/// the transaction back.
pub struct Transaction(Option<Connection>);

impl Transaction {
    /// The connection.
    pub fn connection(&self) -> &Connection {
        // Only `end` and `drop` take it.
        self.0.as_ref().unwrap_or_else(|| unreachable!("an open transaction has its connection"))
    }

    /// Commits.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn commit(self) -> Result<(), Failure> {
        self.end("COMMIT").await
    }

    /// Rolls back.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn roll_back(self) -> Result<(), Failure> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, sql: &str) -> Result<(), Failure> {
        self.connection().0.client.batch_execute(sql).await?;
        // It returns to the pool.
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.discard();
        }
    }
}
