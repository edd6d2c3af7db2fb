//! The two ways to open a connection: blocking, for batch commands, and asynchronous, for the service.

use postgres::{Client, Error, NoTls, SimpleQueryMessage};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens connections for [`super::Target::connect_by`], on threads that may wait.
pub trait Dial: Clone + Send + 'static {
    /// The connection that it opens.
    type Client: Send + 'static;

    /// Opens a connection, with TLS where `config` and `tls` allow it.
    ///
    /// # Errors
    /// What the server or the client library reports.
    fn dial(&self, config: Config, tls: Option<MakeRustlsConnect>) -> Result<Self::Client, Error>;

    /// Runs statements that have no parameters.
    ///
    /// # Errors
    /// What the server reports.
    fn simple_query(&self, client: &mut Self::Client, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error>;
}

/// Opens blocking connections.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blocking;

impl Dial for Blocking {
    type Client = (Client, Option<MakeRustlsConnect>);

    fn dial(&self, config: Config, tls: Option<MakeRustlsConnect>) -> Result<Self::Client, Error> {
        let mut config = postgres::Config::from(config);
        config.notice_callback(|notice| tracing::debug!("{}: {}", notice.severity(), notice.message()));
        let client = match tls.clone() {
            Some(tls) => config.connect(tls),
            None => config.connect(NoTls),
        }?;
        Ok((client, tls))
    }

    fn simple_query(
        &self,
        (client, _): &mut Self::Client,
        sql: &str,
    ) -> Result<Vec<SimpleQueryMessage>, Error> {
        client.simple_query(sql)
    }
}
