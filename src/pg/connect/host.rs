//! The hosts of a connection, in the order in which they are tried.

use super::params::Params;
use crate::{Error, Result};
use std::net::{IpAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

/// PostgreSQL's own port.
const DEFAULT_PORT: u16 = 5432;

/// The folders of servers' sockets: of Debian, Red Hat and others, and of PostgreSQL as it is distributed.
const SOCKET_DIRS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// One host of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// The folder of a unix socket.
    Socket { dir: PathBuf, port: u16 },
    /// A name, or an address as text; `addr` is `hostaddr`.
    Tcp { name: String, addr: Option<IpAddr>, port: u16 },
}

impl Host {
    /// The hosts that `params` name, at least one. They must have passed [`Params::check`].
    pub fn all(params: &Params) -> Vec<Host> {
        let count = params.host.len().max(params.hostaddr.len()).max(1);
        (0..count)
            .map(|index| {
                let host = params.host.get(index).filter(|host| !host.is_empty());
                let addr = params.hostaddr.get(index).copied().flatten();
                let port = match &params.port[..] {
                    [one] => *one,
                    ports => ports.get(index).copied().flatten(),
                };
                let port = port.unwrap_or(DEFAULT_PORT);
                match (host, addr) {
                    (None, None) => Host::Socket { dir: default_socket_dir(), port },
                    (Some(dir), None) if dir.starts_with('/') => Host::Socket { dir: dir.into(), port },
                    (Some(name), addr) => Host::Tcp { name: name.clone(), addr, port },
                    (None, Some(addr)) => Host::Tcp { name: addr.to_string(), addr: Some(addr), port },
                }
            })
            .collect()
    }

    /// The port. A unix socket has one too, as a part of its name.
    pub fn port(&self) -> u16 {
        match self {
            Host::Socket { port, .. } | Host::Tcp { port, .. } => *port,
        }
    }

    /// The addresses of the name; for a unix socket one that is none.
    ///
    /// # Errors
    /// A name without an address.
    pub fn addresses(&self) -> Result<Vec<Option<IpAddr>>> {
        let (name, port) = match self {
            Host::Socket { .. } => return Ok(vec![None]),
            Host::Tcp { addr: Some(addr), .. } => return Ok(vec![Some(*addr)]),
            Host::Tcp { name, port, .. } => (name, *port),
        };
        let unknown = |why: &dyn std::fmt::Display| {
            Error::refused(format!("the host's name has no address: {why}"))
                .remedy("check the name, or name another host with --db")
        };
        let found: Vec<_> = (name.as_str(), port)
            .to_socket_addrs()
            .map_err(|error| unknown(&error))?
            .map(|address| Some(address.ip()))
            .collect();
        if found.is_empty() { Err(unknown(&"none found")) } else { Ok(found) }
    }

    /// `host:port` as in a URL.
    fn authority(&self) -> String {
        match self {
            Host::Socket { port: DEFAULT_PORT, .. } => String::new(),
            Host::Socket { port, .. } => format!(":{port}"),
            Host::Tcp { name, port, .. } if name.contains(':') => format!("[{name}]:{port}"),
            Host::Tcp { name, port, .. } => format!("{name}:{port}"),
        }
    }

    /// `-h … -p …` for PostgreSQL's own programs.
    pub fn flags(&self) -> String {
        match self {
            Host::Socket { dir, port } => format!("-h {} -p {port}", dir.display()),
            Host::Tcp { name, port, .. } => format!("-h {name} -p {port}"),
        }
    }
}

/// The hosts as one URL without a password, which errors have as their place.
pub(super) fn describe(hosts: &[Host], user: &str, dbname: &str) -> String {
    let authorities: Vec<String> = hosts.iter().map(Host::authority).collect();
    let sockets: Vec<String> = hosts
        .iter()
        .filter_map(|host| match host {
            Host::Socket { dir, .. } => Some(dir.display().to_string()),
            Host::Tcp { .. } => None,
        })
        .collect();
    let query = if sockets.is_empty() { String::new() } else { format!("?host={}", sockets.join(",")) };
    format!("postgresql://{user}@{}/{dbname}{query}", authorities.join(","))
}

/// Whether servers put their sockets into this folder by default.
pub(super) fn is_default_socket_dir(dir: &Path) -> bool {
    SOCKET_DIRS.iter().any(|default| Path::new(default) == dir)
}

fn default_socket_dir() -> PathBuf {
    let [system, fallback] = SOCKET_DIRS.map(PathBuf::from);
    if system.is_dir() { system } else { fallback }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn described(text: &str) -> String {
        describe(&Host::all(&parse(text).unwrap()), "u", "d")
    }

    #[test]
    fn hosts_get_their_ports_and_defaults() {
        assert_eq!(described("postgresql://h"), "postgresql://u@h:5432/d");
        assert_eq!(described("postgresql://h1:1,h2"), "postgresql://u@h1:1,h2:5432/d");
        assert_eq!(described("host=h1,h2 port=7"), "postgresql://u@h1:7,h2:7/d");
        assert_eq!(described("postgresql://[::1]:7"), "postgresql://u@[::1]:7/d");
        assert_eq!(described("hostaddr=10.0.0.1"), "postgresql://u@10.0.0.1:5432/d");
        assert_eq!(described("postgresql:///x?host=/run/x&port=7"), "postgresql://u@:7/d?host=/run/x");
        let default = default_socket_dir();
        assert_eq!(described("user=x"), format!("postgresql://u@/d?host={}", default.display()));
        assert!(is_default_socket_dir(&default));
    }

    #[test]
    fn hostaddr_spares_the_look_up() {
        let hosts = Host::all(&parse("host=no.such.host.invalid hostaddr=127.0.0.1").unwrap());
        assert_eq!(hosts[0].addresses().unwrap(), [Some(IpAddr::from([127, 0, 0, 1]))]);
    }
}
