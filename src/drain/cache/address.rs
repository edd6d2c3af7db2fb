//! The address of a Redis, with what it takes to log in: `redis://`, `rediss://` or a unix socket, with or without an ACL user.

use crate::error::with_sources;
use crate::secret::{Secret, without_passwords};
use crate::{Error, Place, Result};
use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, TlsCertificates};
use std::path::{Path, PathBuf};

/// The remedy for a URL that is not understood.
pub const URL_FORMS: &str =
    "write redis://HOST:PORT/DB, rediss://HOST:PORT/DB, unix:///PATH?db=DB or http://HOST:PORT";

/// The schemes of Redis URLs.
const SCHEMES: [&str; 6] = ["redis", "rediss", "valkey", "valkeys", "unix", "redis+unix"];

/// The host of a Redis with a unix socket.
const THIS_MACHINE: &str = "127.0.0.1";

/// Files for TLS (PEM).
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// The authorities that may sign the server's certificate; without it, those that the system trusts.
    pub ca: Option<PathBuf>,
    /// The client's certificate.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

/// The login that the configuration or the environment gives; it comes before that of the URL.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// The ACL user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret>,
}

/// A Redis to connect to.
#[derive(Clone)]
pub struct Address {
    client: Client,
    shown: String,
}

/// Whether a URL is that of a Redis rather than of a gateway.
pub fn is_redis(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
}

impl Address {
    /// Reads a URL. `login` comes before the URL's user and password.
    ///
    /// # Errors
    /// A URL that is not of a Redis, or that asks for TLS with any certificate; files that cannot be read.
    pub fn parse(url: &str, login: &Login, tls: &TlsFiles) -> Result<Address> {
        let refused = |what: String| Error::refused(what).remedy(URL_FORMS);
        let info = url.into_connection_info().map_err(|error| {
            refused(format!("from: {:?} is no Redis URL: {error}", without_passwords(url)))
        })?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(Error::refused("from: #insecure would talk to any server that answers")
                .remedy("name the server's CA with tls: {ca: FILE}"));
        }
        let shown = shown(&info);
        let settings = info.redis_settings().clone();
        let settings = match &login.user {
            Some(user) => settings.set_username(user),
            None => settings,
        };
        let settings = match &login.password {
            Some(password) => settings.set_password(password.reveal()),
            None => settings,
        };
        let info = info.set_redis_settings(settings);
        let client = match info.addr() {
            ConnectionAddr::TcpTls { .. } => Client::build_with_tls(info, certificates(tls)?),
            _ => Client::open(info),
        };
        let client = client.map_err(|error| Error::refused(with_sources(&error)).at(Place::file(&shown)))?;
        Ok(Address { client, shown })
    }

    /// Another node of the same cluster, with the same login and TLS. Without a host, it is on this host.
    ///
    /// # Errors
    /// A node that the library cannot connect to.
    pub fn of_node(&self, host: Option<&str>, port: u16) -> Result<Address> {
        let info = self.client.get_connection_info().clone();
        let addr = match info.addr() {
            ConnectionAddr::TcpTls { host: own, insecure, tls_params, .. } => ConnectionAddr::TcpTls {
                host: host.unwrap_or(own).to_owned(),
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            ConnectionAddr::Tcp(own, _) => ConnectionAddr::Tcp(host.unwrap_or(own).to_owned(), port),
            _ => ConnectionAddr::Tcp(host.unwrap_or(THIS_MACHINE).to_owned(), port),
        };
        let info = info.set_addr(addr);
        let shown = shown(&info);
        let client = Client::open(info)
            .map_err(|error| Error::failed(with_sources(&error)).at(Place::file(&shown)))?;
        Ok(Address { client, shown })
    }

    /// The client of the Redis library.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The URL without user and password, for messages and the ledger.
    pub fn describe(&self) -> &str {
        &self.shown
    }
}

fn shown(info: &ConnectionInfo) -> String {
    let db = info.redis_settings().db();
    match info.addr() {
        ConnectionAddr::Unix(path) => format!("unix://{}?db={db}", path.display()),
        ConnectionAddr::TcpTls { host, port, .. } => format!("rediss://{host}:{port}/{db}"),
        other => format!("redis://{other}/{db}"),
    }
}

fn certificates(tls: &TlsFiles) -> Result<TlsCertificates> {
    let client_tls = match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => Some(ClientTlsConfig { client_cert: read(cert)?, client_key: read(key)? }),
        (None, None) => None,
        _ => return Err(Error::refused("tls: cert and key are only of use together")),
    };
    Ok(TlsCertificates { client_tls, root_cert: tls.ca.as_deref().map(read).transpose()? })
}

fn read(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| Error::refused(error).at(Place::file(file.display().to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address> {
        let login = Login { user: Some("etl".into()), password: Some(Secret::new("p@ss/word")) };
        Address::parse(url, &login, &TlsFiles::default())
    }

    #[test]
    fn every_form_is_shown_without_its_secrets() {
        for (url, shown) in [
            ("redis://h", "redis://h:6379/0"),
            ("redis://:secret@h:1/2", "redis://h:1/2"),
            ("rediss://u:secret@h:1/2", "rediss://h:1/2"),
            ("unix:///run/redis.sock?db=3&pass=secret", "unix:///run/redis.sock?db=3"),
        ] {
            let address = address(url).unwrap();
            assert_eq!(address.describe(), shown);
            let settings = address.client().get_connection_info().redis_settings().clone();
            assert_eq!((settings.username(), settings.password()), (Some("etl"), Some("p@ss/word")));
        }
    }

    #[test]
    fn what_is_no_redis_is_refused_without_its_password() {
        for url in ["h:6379", "redis://u:secret@/x", "redis://u:secret@h:1/x", "rediss://h/0#insecure"] {
            let error = address(url).err().unwrap().to_string();
            assert!(!error.contains("secret") && error.starts_with("from: "), "{error}");
        }
        assert!(is_redis("unix:///x") && !is_redis("http://h") && !is_redis("h:1"));
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let tls = TlsFiles { cert: Some("c.pem".into()), ..TlsFiles::default() };
        let error = Address::parse("rediss://h", &Login::default(), &tls).err().unwrap().to_string();
        assert!(error.contains("cert and key"), "{error}");
        let tls = TlsFiles { ca: Some("/no/such.pem".into()), ..TlsFiles::default() };
        let error = Address::parse("rediss://h", &Login::default(), &tls).err().unwrap().to_string();
        assert!(error.starts_with("/no/such.pem: "), "{error}");
    }
}
