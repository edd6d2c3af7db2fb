//! The password of a connection, and where it comes from.

use super::super::host::Host;
use super::super::params::Params;
use super::env::Env;
use super::passfile::{Wanted, look_up};
use crate::secret::Secret;
use std::path::PathBuf;

/// Where the password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pg::connect) enum PasswordSource {
    /// The connection itself.
    Given,
    /// `PGPASSWORD`.
    Environment,
    /// The password file.
    File(PathBuf),
    /// There is no password.
    None,
}

/// The possible sources of a password, in libpq's order: the connection, the environment, the password file.
pub(in crate::pg::connect) struct Passwords<'a> {
    given: Option<&'a Secret>,
    environment: Option<Secret>,
    file: Option<PathBuf>,
}

impl<'a> Passwords<'a> {
    /// The sources for these parameters in this environment.
    pub fn new(params: &'a Params, env: Env<'_>, home: Option<PathBuf>) -> Self {
        let not_empty = |name| env(name).filter(|value| !value.is_empty());
        let file = params.passfile.clone().or_else(|| not_empty("PGPASSFILE").map(PathBuf::from));
        Passwords {
            given: params.password.as_ref(),
            environment: not_empty("PGPASSWORD").map(Secret::new),
            file: file.or_else(|| Some(home?.join(".pgpass"))),
        }
    }

    /// The password for one host of the connection. The file may have another one for each host.
    pub fn look_up(&self, host: &Host, dbname: &str, user: &str) -> (Option<Secret>, PasswordSource) {
        if let Some(password) = self.given {
            return (Some(password.clone()), PasswordSource::Given);
        }
        if let Some(password) = &self.environment {
            return (Some(password.clone()), PasswordSource::Environment);
        }
        let from_file = self.file.as_ref().and_then(|file| {
            let password = look_up(file, &Wanted::new(host, dbname, user))?;
            Some((Some(password), PasswordSource::File(file.clone())))
        });
        from_file.unwrap_or((None, PasswordSource::None))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::parse::parse;
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_password_is_the_connections_then_the_environments_then_the_files() {
        let home = tempfile::tempdir().unwrap();
        let host = Host::Tcp { name: "h".into(), addr: None, port: 1 };
        let source = |text: &str, env: Env<'_>| {
            let params = parse(text).unwrap();
            Passwords::new(&params, env, Some(home.path().to_owned())).look_up(&host, "d", "u").1
        };
        let write = |name: &str| {
            let path = home.path().join(name);
            fs::write(&path, "h:1:d:u:secret").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            path
        };
        let other = write("other");
        let environment = |name: &str| (name == "PGPASSWORD").then(|| "secret".to_owned());
        let file = |name: &str| (name == "PGPASSFILE").then(|| other.display().to_string());
        let named = format!("user=u passfile={}", other.display());
        assert_eq!(source("postgresql://u:p@h/d", &environment), PasswordSource::Given);
        assert_eq!(source("postgresql://u@h/d", &environment), PasswordSource::Environment);
        assert_eq!(source("postgresql://u@h/d", &file), PasswordSource::File(other.clone()));
        assert_eq!(source(&named, &|_| None), PasswordSource::File(other.clone()));
        assert_eq!(source("postgresql://u@h/d", &|_| None), PasswordSource::None);
        let pgpass = write(".pgpass");
        assert_eq!(source("postgresql://u@h/d", &|_| None), PasswordSource::File(pgpass));
    }
}
