//! Why an attempt to connect has failed, what helps, and what libpq would try next.

use super::environment::password::PasswordSource;
use super::host::Host;
use crate::error::with_sources;
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place};
use rustls::CertificateError;
use std::error::Error as StdError;
use std::io;

/// An attempt that has failed.
pub(super) struct Refusal {
    /// The error, with place and remedy.
    pub error: Error,
    /// What to try next.
    pub next: Next,
}

/// What libpq tries next after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The same address with or without TLS, where `sslmode` allows both.
    Encryption,
    /// The next address or host: no server has answered here.
    Address,
    /// Nothing: a server has answered, and another one would answer the same.
    Nothing,
}

/// An attempt to connect to one host.
pub(super) struct Attempt<'a> {
    pub host: &'a Host,
    pub user: &'a str,
    pub dbname: &'a str,
    /// The host as a URL without a password.
    pub described: &'a str,
    pub password: PasswordSource,
}

impl Attempt<'_> {
    /// The refusal for an error from outside the client library. Another address may do better.
    pub fn away(&self, error: Error) -> Refusal {
        Refusal { error: error.into_refused().at(self.place()), next: Next::Address }
    }

    /// The refusal for a connection that has taken too long.
    pub fn late(&self, error: io::Error) -> Refusal {
        let remedy = by_io_kind(error.kind());
        self.away(remedy.into_iter().fold(Error::refused(error), Error::remedy))
    }

    /// The refusal for an error of the client library, with all that PostgreSQL has said.
    pub fn refused(&self, error: postgres::Error) -> Refusal {
        let (next, remedy) = match SqlState::from(&error) {
            SqlState::None => match tls_error(&error) {
                Some(tls) => return Refusal { error: self.tls(tls), next: Next::Encryption },
                None => self.by_cause(&error),
            },
            kind => self.by_kind(kind),
        };
        let refused = Error::from(error).into_refused().at(self.place());
        Refusal { error: remedy.into_iter().fold(refused, Error::remedy), next }
    }

    fn place(&self) -> Place {
        Place::file(self.described)
    }

    fn by_kind(&self, kind: SqlState) -> (Next, Option<String>) {
        match kind {
            SqlState::WrongPassword => (Next::Nothing, Some(self.other_password())),
            SqlState::NotLetIn => (
                // hostssl and hostnossl lines make the same code; `allow` and `prefer` are for them. libpq tries again after
                // a wrong password too, which would send it once more, in the clear.
                Next::Encryption,
                Some("the server's pg_hba.conf decides who may connect from where; name another user or host, or ask its owner".to_owned()),
            ),
            SqlState::UnknownDatabase => (
                Next::Nothing,
                Some(format!(
                    "create it with `createdb {} -U {} {}`, or name another with --db",
                    self.host.flags(),
                    self.user,
                    self.dbname
                )),
            ),
            SqlState::NotReady => (Next::Address, Some("try again when the server is ready".to_owned())),
            _ => (Next::Nothing, None),
        }
    }

    fn other_password(&self) -> String {
        match &self.password {
            PasswordSource::Given => "the password is the one in the connection; correct it, or leave it out and set PGPASSWORD or ~/.pgpass".to_owned(),
            PasswordSource::Environment => "the password is PGPASSWORD's; correct it there".to_owned(),
            PasswordSource::File(file) => format!("the password is from {}; correct it there", file.display()),
            PasswordSource::None => "set PGPASSWORD or ~/.pgpass".to_owned(),
        }
    }

    fn by_cause(&self, error: &postgres::Error) -> (Next, Option<String>) {
        let cause = error.source();
        if let Some(io) = cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
            let next = match io.kind() {
                // It has answered, if only by hanging up. It may do better with TLS.
                io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
                    Next::Encryption
                }
                _ => Next::Address,
            };
            return (next, by_io_kind(io.kind()));
        }
        // The library has no kind for these two, only texts. The tests of connections notice a change.
        let text = cause.map(ToString::to_string).unwrap_or_default();
        if text.contains("password missing") {
            return (Next::Nothing, Some("set PGPASSWORD or ~/.pgpass".to_owned()));
        }
        if text.contains("server does not support TLS") {
            let remedy = "turn ssl on in the server, or allow a plain connection with sslmode=prefer";
            return (Next::Encryption, Some(remedy.to_owned()));
        }
        let next = if error.is_closed() { Next::Address } else { Next::Nothing };
        (next, None)
    }

    /// The error for a reason of rustls, in the words of PostgreSQL's settings.
    fn tls(&self, error: &rustls::Error) -> Error {
        let (what, remedy) = match error {
            rustls::Error::InvalidCertificate(reason) => certificate(reason),
            rustls::Error::AlertReceived(_) => {
                (None, Some("if the server asks for a client certificate, name it with sslcert and sslkey"))
            }
            _ => (None, None),
        };
        let what = what.unwrap_or_else(|| format!("TLS failed: {}", with_sources(error)));
        remedy.into_iter().fold(Error::refused(what).at(self.place()), Error::remedy)
    }
}

/// The remedy for an error of the operating system.
fn by_io_kind(kind: io::ErrorKind) -> Option<String> {
    match kind {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            Some("is the server running there? name another with --db".to_owned())
        }
        io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Some(
            "is that the right host, and does no firewall stand between? name another with --db".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => Some("this user may not open the server's socket".to_owned()),
        _ => None,
    }
}

fn certificate(reason: &CertificateError) -> (Option<String>, Option<&'static str>) {
    match reason {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            Some("the server's certificate is not signed by a trusted authority".to_owned()),
            Some("name the authority that signed it with sslrootcert"),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => (
            // rustls lists the names of the certificate. Unlike libpq it does not read the common name.
            Some(format!("the server's certificate is for another host: {reason}")),
            Some("name the host as its certificate's subjectAltName does, or use sslmode=verify-ca"),
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            (Some(format!("the server's certificate has expired: {reason}")), Some("renew it on the server"))
        }
        // webpki's own error type is not exposed by rustls.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            Some("the server uses the certificate of an authority (CA) as its own, which OpenSSL accepts but rustls does not".to_owned()),
            Some("sign another certificate for the server with that CA, or make the self-signed one with basicConstraints=CA:FALSE"),
        ),
        _ => (None, None),
    }
}

/// The TLS error inside, at any depth. `io::Error::source` skips the very error that it wraps.
fn tls_error(error: &postgres::Error) -> Option<&rustls::Error> {
    let mut next: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref() {
            return Some(tls);
        }
        next = match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}
