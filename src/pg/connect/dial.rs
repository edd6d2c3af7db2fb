//! The two ways to open a connection: blocking, for batch commands, and asynchronous, for the service.

use super::silence::{Connector, Pulse};
use postgres::{CancelToken, Client, Error, NoTls, SimpleQueryMessage};
use std::sync::Arc;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
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

/// A blocking connection.
pub(super) struct Opened {
    pub client: Client,
    /// What has opened it; none for a unix socket, behind which is no network.
    pub connector: Option<Connector>,
}

/// Opens a blocking connection, which ends where `pulse` is given up. A unix socket has no pulse.
///
/// # Errors
/// What the server or the client library reports.
pub(super) fn open(
    mut config: Config,
    tls: Option<MakeRustlsConnect>,
    pulse: Arc<Pulse>,
) -> Result<Opened, Error> {
    let over_network = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
    let connector = over_network.then(|| Connector::new(&mut config, tls, pulse));
    let mut config = postgres::Config::from(config);
    config.notice_callback(|notice| tracing::debug!("{}: {}", notice.severity(), notice.message()));
    let client = match connector.clone() {
        Some(connector) => config.connect(connector),
        None => config.connect(NoTls),
    }?;
    Ok(Opened { client, connector })
}

/// Asks the server to cancel what it does for the connection of `token`, which `connector` has opened.
///
/// # Errors
/// What the client library reports.
pub(super) fn cancel(token: &CancelToken, connector: Option<&Connector>) -> Result<(), Error> {
    match connector {
        Some(connector) => token.cancel_query(connector.clone()),
        None => token.cancel_query(NoTls),
    }
}
