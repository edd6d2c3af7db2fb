//! How connections of the pool are opened, and what is known of each.

use crate::pg::connect::{Dial, Pulse, Target, of_this_process};
use crate::pg::limits::{self, Until};
use crate::{Error, Result};
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a statement may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read: its transaction is read-only.
    Read,
    /// Write, unless the database or the role forbids it.
    Write,
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
        // Each statement has a limit of its own.
        _: Arc<Pulse>,
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

impl Manager {
    /// Opens connections to the target, whose statements may take `time`.
    pub fn new(target: Target, time: Duration) -> Manager {
        Manager { target, time }
    }
}

impl managed::Manager for Manager {
    type Type = PooledClient;
    type Error = Error;

    async fn create(&self) -> Result<PooledClient> {
        let (target, dial) = (self.target.clone(), AsyncDial(Handle::current()));
        let connect = move || target.connect_by(&dial, &of_this_process);
        let ((client, tls), _) = tokio::task::spawn_blocking(connect).await.map_err(Error::failed)??;
        // The server cancels a statement that takes too long, even if its client has gone.
        let limit_time = limits::shorten("statement_timeout", self.time, Until::Disconnect);
        let sql = format!("SELECT current_setting('default_transaction_read_only'); {limit_time}");
        let answers = client.simple_query(&sql).await?;
        let first_row = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let only_reads = first_row == Some("on");
        Ok(PooledClient { client, tls, only_reads, access: Mutex::default(), statements: Mutex::default() })
    }

    async fn recycle(&self, client: &mut PooledClient, _: &Metrics) -> RecycleResult<Error> {
        if client.client.is_closed() { Err(RecycleError::message("closed")) } else { Ok(()) }
    }
}
