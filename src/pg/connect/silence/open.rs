//! Opening a blocking connection: watched, and within a limit of time.

use super::connector::Connector;
use super::pulse::Pulse;
use postgres::{CancelToken, Client, Error, NoTls};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{io, thread};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A blocking connection.
pub struct Opened {
    /// The client.
    pub client: Client,
    /// What has opened it; none for a unix socket, behind which is no network.
    pub connector: Option<Connector>,
}

/// Opens a blocking connection, which ends where `pulse` is given up. A unix socket has no pulse.
///
/// # Errors
/// What the server or the client library reports.
pub fn open(mut config: Config, tls: Option<MakeRustlsConnect>, pulse: Arc<Pulse>) -> Result<Opened, Error> {
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
pub fn cancel(token: &CancelToken, connector: Option<&Connector>) -> Result<(), Error> {
    match connector {
        Some(connector) => token.cancel_query(connector.clone()),
        None => token.cancel_query(NoTls),
    }
}

/// Runs `connect`, but waits no longer than `limit`, and gives `pulse` up then. The library's own timeout ends with the TCP
/// connection, and a server that accepts and then says nothing would hold us for ever.
///
/// # Errors
/// The limit has passed; the operating system gives no thread.
pub fn within<T: Send + 'static>(
    limit: Duration,
    pulse: &Pulse,
    connect: impl FnOnce() -> T + Send + 'static,
) -> Result<T, io::Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    // After the limit the channel has no receiver any more, and a late connection is dropped.
    thread::Builder::new().name("connect".to_owned()).spawn(move || drop(sender.send(connect())))?;
    receiver.recv_timeout(limit).map_err(|ended| {
        if ended == RecvTimeoutError::Disconnected {
            // The client library panics where it gets no file for its events.
            return io::Error::other("the process may open too few files for a connection (ulimit -n)");
        }
        let why = format!("no answer within {} s (connect_timeout)", limit.as_secs_f64().ceil());
        pulse.give_up(why.clone());
        io::Error::new(io::ErrorKind::TimedOut, why)
    })
}
