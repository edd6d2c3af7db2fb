//! The connection parameters and their values.
//!
//! The rules are libpq's (PostgreSQL documentation, "Parameter Key Words"). No error here quotes a value: after an unencoded
//! `/` or `@` in a password, a part of the password can look like any other parameter.

use super::choices::{
    CHANNEL_BINDINGS, ChannelBinding, RootCert, SERVER_KINDS, SSL_MODES, ServerKind, SslMode,
};
use crate::secret::Secret;
use crate::{Error, Result};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// All parameters, for "did you mean".
pub(super) const KEYS: [&str; 23] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "options",
    "passfile",
    "password",
    "port",
    "service",
    "servicefile",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// A name that is more similar to a known one than this is taken for its misspelling (Jaro-Winkler similarity).
const SIMILAR: f64 = 0.8;

/// How long connecting to an address may take, where `connect_timeout` does not say: libpq would wait for ever.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// How long a silent network is borne, where `tcp_user_timeout` does not say: the kernel would bear it for a quarter of an hour.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a session begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Opening {
    /// With the settings of every session of ours.
    #[default]
    Prepared,
    /// As it is, with a setting of this value from its first moment on. A pooler opens its sessions itself, and they lack it.
    Marked(String),
    /// As it is.
    Bare,
}

/// A parameter that the connection left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Its name, as in a connection string.
    pub key: String,
    /// Its value, without a password.
    pub value: String,
    /// The variable, or the file and line of the service.
    pub source: String,
    /// Whether it is a variable.
    pub is_variable: bool,
}

/// The parameters that were given. One that was not given, or was given empty, is `None` or an empty list.
#[derive(Debug, Clone, Default)]
pub(super) struct Params {
    pub host: Vec<String>,
    pub hostaddr: Vec<Option<IpAddr>>,
    pub port: Vec<Option<u16>>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub dbname: Option<String>,
    pub passfile: Option<PathBuf>,
    pub sslmode: Option<SslMode>,
    pub sslrootcert: Option<RootCert>,
    pub sslcert: Option<PathBuf>,
    pub sslkey: Option<PathBuf>,
    pub connect_timeout: Option<Duration>,
    pub application_name: Option<String>,
    pub options: Option<String>,
    pub server_kind: ServerKind,
    pub keepalives: Option<bool>,
    pub keepalives_idle: Option<Duration>,
    pub keepalives_interval: Option<Duration>,
    pub keepalives_count: Option<u32>,
    pub tcp_user_timeout: Option<Duration>,
    pub channel_binding: ChannelBinding,
    /// The name of a service.
    pub service: Option<String>,
    /// The file that has it.
    pub servicefile: Option<PathBuf>,
    /// How the session begins. No URL says it.
    pub opening: Opening,
    /// The parameters that service file and variables have filled in.
    pub filled: Vec<Filled>,
    /// The names of all that was set.
    pub given: Vec<String>,
}

impl Params {
    /// Sets a parameter from its text. As in libpq, a later value replaces an earlier one.
    ///
    /// # Errors
    /// An unknown parameter, or a value that is none of it.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if !value.is_empty() {
            self.given.push(key.to_owned());
        }
        let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
        let path = || text().map(PathBuf::from);
        match key {
            "host" => self.host = list(value, |host| Ok(host.to_owned()))?,
            "hostaddr" => self.hostaddr = list(value, |addr| optional(addr, "hostaddr", "IP addresses"))?,
            "port" => self.port = list(value, port)?,
            "user" => self.user = text(),
            "password" => self.password = text().map(Secret::new),
            "dbname" => self.dbname = text(),
            "passfile" => self.passfile = path(),
            "sslmode" => self.sslmode = Some(choice(key, value, &SSL_MODES)?),
            "sslrootcert" if value == "system" => self.sslrootcert = Some(RootCert::System),
            "sslrootcert" => self.sslrootcert = path().map(RootCert::File),
            "sslcert" => self.sslcert = path(),
            "sslkey" => self.sslkey = path(),
            "connect_timeout" => self.connect_timeout = duration(key, value, Duration::from_secs)?,
            "application_name" => self.application_name = text(),
            "options" => self.options = text(),
            "target_session_attrs" => self.server_kind = choice(key, value, &SERVER_KINDS)?,
            "keepalives" => self.keepalives = optional(value, key, "0 or 1")?.map(|on: i32| on != 0),
            "keepalives_idle" => self.keepalives_idle = duration(key, value, Duration::from_secs)?,
            "keepalives_interval" => self.keepalives_interval = duration(key, value, Duration::from_secs)?,
            "keepalives_count" => {
                self.keepalives_count = optional(value, key, "a number")?.filter(|count| *count > 0);
            }
            "tcp_user_timeout" => self.tcp_user_timeout = duration(key, value, Duration::from_millis)?,
            "channel_binding" => self.channel_binding = choice(key, value, &CHANNEL_BINDINGS)?,
            "service" => self.service = text(),
            "servicefile" => self.servicefile = path(),
            _ => return Err(unknown(key)),
        }
        Ok(())
    }

    /// Whether a parameter was set.
    pub fn is_given(&self, key: &str) -> bool {
        self.given.iter().any(|given| given == key)
    }

    /// Checks the rules that concern several parameters.
    ///
    /// # Errors
    /// Lists of different lengths, or an `sslmode` that needs more than was given.
    pub fn check(self) -> Result<Self> {
        let names = self.host.len();
        if names > 0 && !self.hostaddr.is_empty() && self.hostaddr.len() != names {
            return Err(Error::refused("the connection names as many hostaddr as host, or none"));
        }
        if self.port.len() > 1 && self.port.len() != names.max(self.hostaddr.len()) {
            return Err(Error::refused("the connection names as many ports as hosts, or one"));
        }
        let verified = self.sslmode.is_none_or(|mode| mode == SslMode::VerifyFull);
        if self.sslrootcert == Some(RootCert::System) && !verified {
            // It is libpq's rule: a public authority gives anybody a certificate, and only the name tells servers apart.
            return Err(Error::refused("sslrootcert=system needs sslmode=verify-full"));
        }
        let nameless = |(index, addr): (usize, &Option<IpAddr>)| {
            addr.is_some() && self.host.get(index).is_none_or(String::is_empty)
        };
        if self.ssl_mode() == SslMode::VerifyFull && self.hostaddr.iter().enumerate().any(nameless) {
            return Err(Error::refused("sslmode=verify-full needs a host name to verify, besides hostaddr"));
        }
        Ok(self)
    }

    /// How long connecting to an address may take.
    pub fn connect_limit(&self) -> Duration {
        self.connect_timeout.unwrap_or(CONNECT_LIMIT)
    }

    /// How long a silent network is borne.
    pub fn patience(&self) -> Duration {
        self.tcp_user_timeout.unwrap_or(PATIENCE)
    }

    /// The `sslmode` that counts.
    pub fn ssl_mode(&self) -> SslMode {
        match (self.sslmode, &self.sslrootcert) {
            (Some(mode), _) => mode,
            (None, Some(RootCert::System)) => SslMode::VerifyFull,
            (None, _) => SslMode::Prefer,
        }
    }
}

fn choice<T: Copy>(key: &str, value: &str, choices: &[(&str, T)]) -> Result<T> {
    choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        Error::refused(format!("the connection's {key} must be one of {}", names.join(", ")))
    })
}

fn list<T>(value: &str, item: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    if value.is_empty() { Ok(Vec::new()) } else { value.split(',').map(item).collect() }
}

fn port(value: &str) -> Result<Option<u16>> {
    match optional(value, "port", "a number from 1 to 65535")? {
        Some(0) => Err(Error::refused("the connection's port must be a number from 1 to 65535")),
        port => Ok(port),
    }
}

fn optional<T: std::str::FromStr>(value: &str, key: &str, expected: &str) -> Result<Option<T>> {
    match value.trim() {
        "" => Ok(None),
        value => value
            .parse()
            .map(Some)
            .map_err(|_| Error::refused(format!("the connection's {key} must be {expected}"))),
    }
}

/// Zero and less mean "no limit" or the system's default, and give none.
fn duration(key: &str, value: &str, unit: fn(u64) -> Duration) -> Result<Option<Duration>> {
    let number: Option<i32> = optional(value, key, "a whole number")?;
    Ok(number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0).map(unit))
}

fn unknown(key: &str) -> Error {
    let error = Error::refused(format!("the connection has an unknown parameter {key:?}"));
    KEYS.iter()
        .map(|known| (strsim::jaro_winkler(known, key), known))
        .filter(|(similarity, _)| *similarity > SIMILAR)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| format!("did you mean {known:?}?"))
        .into_iter()
        .fold(error, Error::remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(key: &str, value: &str) -> String {
        Params::default().set(key, value).unwrap_err().to_string()
    }

    #[test]
    fn every_known_key_can_be_set() {
        for key in KEYS {
            let value = match key {
                "sslmode" => "verify-full",
                "target_session_attrs" => "any",
                "channel_binding" => "require",
                "hostaddr" => "::1",
                _ => "1",
            };
            Params::default().set(key, value).unwrap();
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_known_one() {
        assert_eq!(
            error("ssl_mode", "x"),
            "the connection has an unknown parameter \"ssl_mode\"; did you mean \"sslmode\"?"
        );
        assert_eq!(error("zzz", "x"), "the connection has an unknown parameter \"zzz\"");
    }

    #[test]
    fn errors_name_the_key_and_what_is_expected_and_never_the_value() {
        for key in ["port", "sslmode", "connect_timeout", "hostaddr", "channel_binding", "keepalives"] {
            let text = error(key, "hunter2");
            assert!(text.contains(key) && !text.contains("hunter2"), "{text}");
        }
        for port in ["0", "65536", "-1", "1 2"] {
            assert_eq!(error("port", port), "the connection's port must be a number from 1 to 65535");
        }
    }

    #[test]
    fn lists_must_fit_each_other() {
        let check = |pairs: &[(&str, &str)]| {
            let mut params = Params::default();
            pairs.iter().for_each(|(key, value)| params.set(key, value).unwrap());
            params.check().is_ok()
        };
        assert!(check(&[("host", "a,b"), ("port", "1")]));
        assert!(check(&[("host", "a,b"), ("port", "1,")]));
        assert!(!check(&[("host", "a,b"), ("port", "1,2,3")]));
        assert!(check(&[("hostaddr", "10.0.0.1,::1"), ("port", "1,2")]));
        assert!(!check(&[("hostaddr", "10.0.0.1"), ("host", "a,b")]));
        assert!(!check(&[("hostaddr", "10.0.0.1"), ("sslmode", "verify-full")]));
        assert!(check(&[("hostaddr", "10.0.0.1"), ("host", "a"), ("sslmode", "verify-full")]));
        assert!(check(&[("sslrootcert", "system")]));
        assert!(!check(&[("sslrootcert", "system"), ("sslmode", "require")]));
    }

    #[test]
    fn timeouts_of_zero_and_less_are_none() {
        for (value, expected) in [("0", None), ("-1", None), ("", None), ("7", Some(Duration::from_secs(7)))]
        {
            let mut params = Params::default();
            params.set("connect_timeout", value).unwrap();
            assert_eq!(params.connect_timeout, expected);
        }
    }
}
