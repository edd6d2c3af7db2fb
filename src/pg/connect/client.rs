//! From a connection's parameters to the configuration of the client library.

use super::choices::ChannelBinding;
use super::host::Host;
use super::params::Params;
use crate::secret::Secret;
use std::net::IpAddr;
use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};
use tokio_postgres::{Config, config};

/// The name that other sessions of the server see in `pg_stat_activity`.
const APPLICATION_NAME: &str = "pghaul";

/// The configuration of the library, but for host, port and TLS.
pub(super) fn config(params: &Params, user: &str, dbname: &str, password: Option<&Secret>) -> Config {
    let mut config = Config::new();
    config.user(user).dbname(dbname);
    config.application_name(params.application_name.as_deref().unwrap_or(APPLICATION_NAME));
    if let Some(password) = password {
        config.password(password.reveal());
    }
    if let Some(options) = &params.options {
        config.options(options);
    }
    if let Some(on) = params.keepalives {
        config.keepalives(on);
    }
    if let Some(idle) = params.keepalives_idle {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = params.keepalives_interval {
        config.keepalives_interval(interval);
    }
    if let Some(count) = params.keepalives_count {
        config.keepalives_retries(count);
    }
    if let Some(timeout) = params.tcp_user_timeout {
        config.tcp_user_timeout(timeout);
    }
    config.channel_binding(match params.channel_binding {
        ChannelBinding::Disable => config::ChannelBinding::Disable,
        ChannelBinding::Prefer => config::ChannelBinding::Prefer,
        ChannelBinding::Require => config::ChannelBinding::Require,
    });
    config
}

/// Adds the place of the server.
pub(super) fn place(config: &mut Config, host: &Host, address: Option<IpAddr>) {
    config.port(host.port());
    match host {
        Host::Socket { dir, .. } => config.host_path(dir),
        Host::Tcp { name, .. } => config.host(name),
    };
    // The certificate is checked against the name; the connection goes to the address.
    if let Some(address) = address {
        config.hostaddr(address);
    }
}

/// Runs `connect`, but waits no longer than `limit`. The library's own timeout ends with the TCP connection, and a server
/// that accepts and then says nothing would hold us for ever.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    connect: impl FnOnce() -> T + Send + 'static,
) -> Result<T, io::Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    // After the limit the channel has no receiver any more, and a late connection is dropped.
    thread::Builder::new().name("connect".to_owned()).spawn(move || drop(sender.send(connect())))?;
    receiver.recv_timeout(limit).map_err(|_| {
        let seconds = limit.as_secs();
        io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {seconds} s (connect_timeout)"))
    })
}
