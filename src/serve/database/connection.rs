//! A connection of the pool while a request has it. Nothing of a request that was dropped goes on: its statement is cancelled,
//! and the connection returns to the pool only when the server is done with it.

use super::manager::{Access, Manager, PooledClient};
use super::statement::{AsText, Parameter};
use crate::Result;
use crate::serve::answer::failure::Failure;
use crate::serve::shared::turns::Turn;
use deadpool::managed::Object;
use futures_util::StreamExt;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{NoTls, Row, RowStream, Statement};

/// Prepared statements of a connection. Clients choose the columns of filters and orders, and with them the statements.
/// When a connection would have one more, it forgets all.
const MOST_STATEMENTS: usize = 200;
/// How long the server may take to cancel a statement; after that, its connection is closed.
const CANCEL_TIME: Duration = Duration::from_secs(5);

/// A connection from the pool; it returns there on drop.
pub struct Connection {
    /// None once it was dropped.
    object: Option<Object<Manager>>,
    /// Whether the server has not yet answered all.
    busy: Arc<AtomicBool>,
    /// Whether a transaction is open.
    open: bool,
    /// The role that the transaction acts as, if it is another one than the connection's.
    role: Option<String>,
    turn: Option<Turn>,
}

/// The rows of a statement as they arrive.
pub struct Rows {
    stream: Pin<Box<RowStream>>,
    busy: Arc<AtomicBool>,
}

impl Rows {
    /// The next row.
    pub async fn next(&mut self) -> Option<Result<Row, tokio_postgres::Error>> {
        let next = self.stream.next().await;
        if !matches!(next, Some(Ok(_))) {
            self.busy.store(false, Ordering::Relaxed);
        }
        next
    }
}

impl Connection {
    /// A connection of the pool, and the turn in which it is used.
    pub fn new(object: Object<Manager>, turn: Turn) -> Connection {
        Connection { object: Some(object), busy: Arc::default(), open: false, role: None, turn: Some(turn) }
    }

    fn pooled(&self) -> &PooledClient {
        // Only `drop` takes it.
        self.object
            .as_ref()
            .unwrap_or_else(|| unreachable!("a connection has its client until it is dropped"))
    }

    /// Waits for what the server answers; dropped meanwhile, the connection counts as busy.
    async fn until_done<T>(
        &self,
        asked: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, tokio_postgres::Error> {
        self.busy.store(true, Ordering::Relaxed);
        let answered = asked.await;
        self.busy.store(false, Ordering::Relaxed);
        answered
    }

    /// Runs a statement that no request has a part in.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        Ok(self.until_done(self.pooled().client.query(sql, params)).await?)
    }

    /// Says what the next statements may do.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn allow(&self, access: Access) -> Result<(), Failure> {
        let pooled = self.pooled();
        if pooled.allow(None) == Some(access) {
            pooled.allow(Some(access));
            return Ok(());
        }
        let read_only = access == Access::Read || pooled.only_reads;
        let sql = format!("SET default_transaction_read_only = {}", if read_only { "on" } else { "off" });
        self.until_done(pooled.client.batch_execute(&sql)).await?;
        pooled.allow(Some(access));
        Ok(())
    }

    /// Runs a statement whose values are sent as text; the server reads each as the type that its place in the statement has.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn stream(&self, sql: &str, params: &[Parameter]) -> Result<Rows, Failure> {
        let statement = self.until_done(self.prepare(sql)).await?;
        let params: Vec<AsText<'_>> =
            params.iter().map(|parameter| AsText(parameter.value.as_deref())).collect();
        self.busy.store(true, Ordering::Relaxed);
        match self.pooled().client.query_raw(&statement, params).await {
            Ok(stream) => Ok(Rows { stream: Box::pin(stream), busy: Arc::clone(&self.busy) }),
            Err(error) => {
                self.busy.store(false, Ordering::Relaxed);
                let failure = Failure::from(error);
                if failure.is_of_stale_tables() {
                    // A table has changed since the statements were prepared.
                    self.pooled().statements().clear();
                }
                Err(failure)
            }
        }
    }

    /// Runs a statement, and returns the first two columns of its rows.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn pairs(&self, sql: &str, params: &[Parameter]) -> Result<Vec<(String, String)>, Failure> {
        let mut rows = self.stream(sql, params).await?;
        let mut pairs = Vec::new();
        while let Some(row) = rows.next().await {
            let row = row?;
            pairs.push((row.get(0), row.get(1)));
        }
        Ok(pairs)
    }

    /// Begins a transaction, unless one is open. It is rolled back unless [`Connection::commit`] comes.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn begin(&mut self) -> Result<(), Failure> {
        if std::mem::replace(&mut self.open, true) {
            return Ok(());
        }
        Ok(self.until_done(self.pooled().client.batch_execute("BEGIN")).await?)
    }

    /// Has the rest of the transaction act as a role, and shows its statements the claims of a token, as `request.jwt.claims`.
    /// Returns whether the role is a superuser; none if there is no such role.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn act_as(&mut self, role: &str, claims: &str) -> Result<Option<bool>, Failure> {
        const ACT_AS: &str =
            "SELECT set_config('role', $1, true), set_config('request.jwt.claims', $2, true),
                                     (SELECT rolsuper::text FROM pg_roles WHERE rolname = $1)";
        let parameters = [role, claims].map(|value| Parameter {
            value: Some(value.to_owned()),
            column: None,
            many: false,
        });
        let mut rows = self.stream(ACT_AS, &parameters).await?;
        let mut is_superuser = None;
        while let Some(row) = rows.next().await {
            is_superuser = row?.get::<_, Option<&str>>(2).map(|text| text == "true");
        }
        self.role = Some(role.to_owned());
        Ok(is_superuser)
    }

    /// Commits the transaction, if one is open.
    ///
    /// # Errors
    /// As the server reports them.
    pub async fn commit(mut self) -> Result<(), Failure> {
        if !self.open {
            return Ok(());
        }
        self.until_done(self.pooled().client.batch_execute("COMMIT")).await?;
        self.open = false;
        Ok(())
    }

    /// Whether other requests wait for a connection.
    pub fn others_wait(&self) -> bool {
        self.turn.as_ref().is_some_and(Turn::others_wait)
    }

    async fn prepare(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let pooled = self.pooled();
        // The server judges by the role that prepares whether it may see a schema. A role's name holds no NUL.
        let key = match &self.role {
            None => Cow::Borrowed(sql),
            Some(role) => Cow::Owned(format!("{role}\0{sql}")),
        };
        if let Some(known) = pooled.statements().get(&*key) {
            return Ok(known.clone());
        }
        let statement = pooled.client.prepare(sql).await?;
        let mut statements = pooled.statements();
        if statements.len() >= MOST_STATEMENTS {
            statements.clear();
        }
        statements.insert(key.into_owned(), statement.clone());
        Ok(statement)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (busy, open) = (self.busy.load(Ordering::Relaxed), self.open);
        let (Some(object), true) = (self.object.take(), busy || open) else { return };
        let turn = self.turn.take();
        // At the end of the process there is no runtime any more; the server notices the closed connection.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return drop(Object::take(object)) };
        runtime.spawn(async move {
            match timeout(CANCEL_TIME, clean(&object, busy, open)).await {
                Ok(Ok(())) => drop(object),
                _ => drop(Object::take(object)),
            }
            // The turn ends when the server is done.
            drop(turn);
        });
    }
}

/// Cancels what a connection does, and ends its transaction.
async fn clean(pooled: &PooledClient, busy: bool, open: bool) -> Result<(), tokio_postgres::Error> {
    if busy {
        let token = pooled.client.cancel_token();
        match &pooled.tls {
            Some(tls) => token.cancel_query(tls.clone()).await?,
            None => token.cancel_query(NoTls).await?,
        }
    }
    pooled.client.simple_query(if open { "ROLLBACK" } else { "" }).await.map(drop)
}
