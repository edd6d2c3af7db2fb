//! From a connection's parameters to the configuration of the client library.

use super::choices::ChannelBinding;
use super::host::Host;
use super::params::{Opening, Params};
use super::session::MARK;
use crate::secret::Secret;
use std::net::IpAddr;
use std::time::Duration;
use tokio_postgres::{Config, config};

/// The name that other sessions of the server see in `pg_stat_activity`.
const APPLICATION_NAME: &str = "pghaul";

/// When the kernel first asks a silent peer whether it is there, how often it asks again, and how often in vain: a peer that
/// has gone is noticed after a minute. The kernel's own values make two hours of it. session.sql asks the same of the server.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVES_COUNT: u32 = 3;

/// The configuration of the library, but for host, port and TLS.
pub(super) fn config(params: &Params, user: &str, dbname: &str, password: Option<&Secret>) -> Config {
    let mut config = Config::new();
    config.user(user).dbname(dbname);
    config.application_name(params.application_name.as_deref().unwrap_or(APPLICATION_NAME));
    if let Some(password) = password {
        config.password(password.reveal());
    }
    let mark = match &params.opening {
        Opening::Marked(mark) => Some(format!("-c {MARK}={mark}")),
        Opening::Prepared | Opening::Bare => None,
    };
    let options: Vec<String> = params.options.iter().cloned().chain(mark).collect();
    if !options.is_empty() {
        config.options(options.join(" "));
    }
    config.connect_timeout(params.connect_limit());
    config.keepalives(params.keepalives.unwrap_or(true));
    config.keepalives_idle(params.keepalives_idle.unwrap_or(KEEPALIVES_IDLE));
    config.keepalives_interval(params.keepalives_interval.unwrap_or(KEEPALIVES_INTERVAL));
    config.keepalives_retries(params.keepalives_count.unwrap_or(KEEPALIVES_COUNT));
    config.tcp_user_timeout(params.patience());
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
