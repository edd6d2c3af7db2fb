//! The two ways to open a connection: blocking, for batch commands, and asynchronous, for the service.

use super::silence::{Opened, Pulse, open};
use postgres::{Error, SimpleQueryMessage};
use std::sync::Arc;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens connections for [`super::Target::connect_by`], on threads that may wait.
pub trait Dial: Clone + Send + 'static {
    /// The connection that it opens.
    type Client: Send + 'static;

    /// Opens a connection, with TLS where `config` and `tls` allow it. Where `pulse` is given up, it may end with an error.
    ///
    /// # Errors
    /// What the server or the client library reports.
    fn dial(
        &self,
        config: Config,
        tls: Option<MakeRustlsConnect>,
        pulse: Arc<Pulse>,
    ) -> Result<Self::Client, Error>;

    /// Runs statements that have no parameters.
    ///
    /// # Errors
    /// What the server reports.
    fn simple_query(&self, client: &mut Self::Client, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error>;
}

/// Opens blocking connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocking;

/// A blocking connection, and what another one to the same server needs.
pub(super) struct Dialled {
    pub opened: Opened,
    pub config: Config,
    pub tls: Option<MakeRustlsConnect>,
    pub pulse: Arc<Pulse>,
}

impl Dial for Blocking {
    type Client = Dialled;

    fn dial(
        &self,
        config: Config,
        tls: Option<MakeRustlsConnect>,
        pulse: Arc<Pulse>,
    ) -> Result<Self::Client, Error> {
        let opened = open(config.clone(), tls.clone(), Arc::clone(&pulse))?;
        Ok(Dialled { opened, config, tls, pulse })
    }

    fn simple_query(&self, dialled: &mut Self::Client, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        dialled.opened.client.simple_query(sql)
    }
}
