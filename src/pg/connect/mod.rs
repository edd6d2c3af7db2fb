//! Connections to PostgreSQL, with libpq's rules for URLs, TLS and passwords.
//!
//! The input is the text of a connection ([`Target::parse`]) or its parts ([`Target::from_parts`]). The output is a blocking
//! client in a session whose settings are the same everywhere ([`Target::connect`]). The `postgres` crate itself refuses some
//! of libpq's parameters (`sslmode=verify-full`, `sslrootcert`, `passfile`) and reads no password file.

mod choices;
mod client;
mod dial;
mod environment;
mod host;
mod params;
mod parse;
mod refusal;
mod session;
mod silence;
mod tls;
mod verify;

pub use dial::Dial;
pub use environment::env::{Env, of_this_process};
pub use params::Filled;
pub use session::{ForOneTransaction, for_one_transaction};
pub use silence::Pulse;

use crate::run::interrupt;
use crate::secret::Secret;
use crate::{Error, Place, Result};
use choices::{ServerKind, SslMode};
use dial::{Blocking, Dialled};
use environment::password::{PasswordSource, Passwords};
use environment::{env, variables};
use host::Host;
use nix::unistd::{User, geteuid};
use params::{Opening, Params};
use postgres::{Client, config};
use refusal::{Attempt, Next, Refusal};
use silence::{Opened, Watch, cancel, within};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The SQLSTATE of a pooler that does not know a setting.
const PROTOCOL_VIOLATION: &str = "08P01";

/// A database and how to get into it. `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct Target(Params);

impl Target {
    /// Reads a connection URL or a string of keywords and values (PostgreSQL documentation, "Connection Strings"). What it
    /// leaves out is libpq's default, whatever the environment says.
    ///
    /// # Errors
    /// A text that libpq refuses, an unknown parameter, a raw `@` in host or database name; all of them refused. The message
    /// never contains a part of the password.
    pub fn parse(text: &str) -> Result<Target> {
        parse::parse(text).map(Target)
    }

    /// As [`Target::parse`], where a service file or libpq's variables fill in what the text leaves out.
    ///
    /// # Errors
    /// As there; what is wrong with service file or variables.
    pub fn parse_in(text: &str, env: Env<'_>) -> Result<Target> {
        Target(parse::parse_unchecked(text)?).complete(env)
    }

    /// The target that libpq's variables name, if they name one.
    ///
    /// # Errors
    /// What is wrong with service file or variables.
    pub fn of_variables(env: Env<'_>) -> Result<Option<Target>> {
        let names_one = variables::NAMING.iter().any(|name| env(name).is_some_and(|value| !value.is_empty()));
        if names_one { Target(Params::default()).complete(env).map(Some) } else { Ok(None) }
    }

    /// Has service file and variables fill in what is left out.
    ///
    /// # Errors
    /// What is wrong with them; parameters that do not fit each other.
    pub fn complete(self, env: Env<'_>) -> Result<Target> {
        let mut params = self.0;
        variables::complete(&mut params, env)?;
        params.check().map(Target)
    }

    /// What service file and variables have filled in.
    pub fn filled(&self) -> &[Filled] {
        &self.0.filled
    }

    /// The target of separate values. A missing one is libpq's default. A `host` that starts with `/` is the folder of a unix
    /// socket.
    pub fn from_parts(
        host: Option<String>,
        port: Option<u16>,
        user: Option<String>,
        password: Option<Secret>,
        dbname: Option<String>,
    ) -> Target {
        let not_empty = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mut params = Params {
            host: not_empty(host).into_iter().collect(),
            port: port.into_iter().map(Some).collect(),
            user: not_empty(user),
            password: password.filter(|password| !password.reveal().is_empty()),
            dbname: not_empty(dbname),
            ..Params::default()
        };
        let given = [
            ("host", !params.host.is_empty()),
            ("port", port.is_some()),
            ("user", params.user.is_some()),
            ("password", params.password.is_some()),
            ("dbname", params.dbname.is_some()),
        ];
        params.given = given.iter().filter(|(_, is_given)| *is_given).map(|(key, _)| (*key).into()).collect();
        Target(params)
    }

    /// The target as a URL without its password and options, for messages: `postgresql://user@host:5432/db`.
    pub fn describe(&self) -> String {
        let user = self.user().unwrap_or_default();
        host::describe(&Host::all(&self.0), &user, self.0.dbname.as_ref().unwrap_or(&user))
    }

    /// The source of the password for the first host, in the environment of this process: `PGPASSWORD` or a file. None where
    /// there is no password, or where the connection itself has it.
    pub fn password_from_elsewhere(&self) -> Option<String> {
        let user = self.user().ok()?;
        let dbname = self.0.dbname.as_deref().unwrap_or(&user);
        let hosts = Host::all(&self.0);
        let passwords = Passwords::new(&self.0, &of_this_process, env::home(&of_this_process));
        match passwords.look_up(hosts.first()?, dbname, &user).1 {
            PasswordSource::Environment => Some("PGPASSWORD".to_owned()),
            PasswordSource::File(file) => Some(file.display().to_string()),
            PasswordSource::Given | PasswordSource::None => None,
        }
    }

    /// Connects with the passwords and files of this process's environment.
    ///
    /// # Errors
    /// Refused, with the target as place, all that PostgreSQL has said, and a remedy. Several hosts, or attempts with and
    /// without TLS, make a message each. Where no server has answered, the error is one of the connection; where one has,
    /// its SQLSTATE says whether to try again.
    pub fn connect(&self) -> Result<Client> {
        self.connect_in(&of_this_process).map_err(of_connection)
    }

    /// Connects with another environment. Its `PGPASSWORD`, `PGPASSFILE` and `HOME` count.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub fn connect_in(&self, env: Env<'_>) -> Result<Client> {
        self.open_in(env).map(|(client, _)| client)
    }

    /// Connects to a session that is as the server has made it, for callers that set what they need in each transaction. Gives
    /// whether the session is ours alone; behind a pooler others may have it after each of our transactions.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub fn connect_bare(&self) -> Result<(Client, bool)> {
        let open = |opening: Opening| Target(Params { opening, ..self.0.clone() }).open_in(&of_this_process);
        let mark = RandomState::new().hash_one(std::process::id());
        let opened = match open(Opening::Marked(format!("m{mark:x}"))) {
            // Poolers refuse settings that they do not know.
            Err(error) if error.sqlstate() == Some(PROTOCOL_VIOLATION) => open(Opening::Bare),
            opened => opened,
        };
        opened.map(|(client, backend)| (client, backend.is_some())).map_err(of_connection)
    }

    /// As [`Target::connect`], to a session that is certainly ours until we disconnect: locks and settings of the session are
    /// left behind in no other.
    ///
    /// # Errors
    /// As there; a pooler.
    pub fn connect_alone(&self) -> Result<Client> {
        let (mut client, is_ours) = self.connect_bare()?;
        if !is_ours {
            return Err(Error::refused(
                "a pooler stands before the server, and gives its sessions to others after each transaction",
            )
            .at(Place::file(self.describe()))
            .remedy("connect to the server itself"));
        }
        session::prepare(&mut |sql| client.simple_query(sql))?;
        Ok(client)
    }

    /// As [`Target::connect_in`], with the process id of the server process, if it is known to be ours.
    fn open_in(&self, env: Env<'_>) -> Result<(Client, Option<i32>)> {
        let (Dialled { opened, config, tls, pulse }, backend) = self.connect_dialled(&Blocking, env)?;
        let Opened { client, connector } = opened;
        if let (Some(_), Some(backend)) = (&connector, backend) {
            let pulse = Arc::downgrade(&pulse);
            Watch { config, tls, pulse, backend, patience: self.0.patience() }.begin()?;
        }
        // Ctrl-C reaches a statement that waits in the server. Where none runs, cancelling has no effect.
        let token = client.cancel_token();
        interrupt::on_request(move || {
            if let Err(error) = cancel(&token, connector.as_ref()) {
                tracing::debug!("cannot cancel what the server does: {error}");
            }
        });
        Ok((client, backend))
    }

    /// Connects by `dial`, and waits until that is done. Returns the process id of the server process, too.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub fn connect_by<D: Dial>(&self, dial: &D, env: Env<'_>) -> Result<(D::Client, i32)> {
        let (client, backend) = self.connect_dialled(dial, env)?;
        Ok((client, backend.unwrap_or_default()))
    }

    fn connect_dialled<D: Dial>(&self, dial: &D, env: Env<'_>) -> Result<(D::Client, Option<i32>)> {
        let user = self.user()?;
        let dbname = self.0.dbname.as_deref().unwrap_or(&user);
        let home = env::home(env);
        let hosts = Host::all(&self.0);
        let encrypted = self.0.ssl_mode() != SslMode::Disable;
        let tls = if encrypted && hosts.iter().any(|host| matches!(host, Host::Tcp { .. })) {
            Some(tls::connector(&self.0, home.as_deref())?)
        } else {
            None
        };
        let passwords = Passwords::new(&self.0, env, home);
        let mut refusals = Vec::new();
        let kinds: &[ServerKind] = match self.0.server_kind {
            ServerKind::PreferStandby => &[ServerKind::Standby, ServerKind::Any],
            ref other => std::slice::from_ref(other),
        };
        for kind in kinds {
            refusals.clear();
            for host in &hosts {
                let (password, source) = passwords.look_up(host, dbname, &user);
                let described = host::describe(std::slice::from_ref(host), &user, dbname);
                let attempt = Attempt { host, user: &user, dbname, described: &described, password: source };
                let config = client::config(&self.0, &user, dbname, password.as_ref());
                let failed = match self.connect_host(dial, &attempt, &config, tls.as_ref(), *kind) {
                    Ok(client) => return Ok(client),
                    Err(failed) => failed,
                };
                let answered = failed.last().is_some_and(|refusal| refusal.next != Next::Address);
                refusals.extend(failed);
                if answered {
                    return Err(summary(refusals));
                }
            }
        }
        Err(summary(refusals))
    }

    /// Tries every address of a host, each with the encryption that `sslmode` asks for.
    fn connect_host<D: Dial>(
        &self,
        dial: &D,
        attempt: &Attempt<'_>,
        config: &tokio_postgres::Config,
        tls: Option<&MakeRustlsConnect>,
        kind: ServerKind,
    ) -> Result<(D::Client, Option<i32>), Vec<Refusal>> {
        let mut refusals = Vec::new();
        for address in attempt.host.addresses().map_err(|error| vec![attempt.away(error)])? {
            let earlier = refusals.len();
            for mode in self.modes(attempt.host) {
                let mut config = config.clone();
                client::place(&mut config, attempt.host, address);
                config.ssl_mode(*mode);
                match self.connect_once(dial, attempt, config, tls, kind) {
                    Ok(client) => return Ok(client),
                    Err(refusal) => {
                        tracing::debug!("{}", refusal.error);
                        let next = refusal.next;
                        refusals.push(refusal);
                        match next {
                            Next::Encryption => continue,
                            Next::Address => break,
                            Next::Nothing => return Err(refusals.split_off(earlier)),
                        }
                    }
                }
            }
            if refusals.last().is_some_and(|refusal| refusal.next != Next::Address) {
                // The answer of this address is the reason, and not the silence of another one of the same host.
                return Err(refusals.split_off(earlier));
            }
        }
        Err(refusals)
    }

    fn connect_once<D: Dial>(
        &self,
        dial: &D,
        attempt: &Attempt<'_>,
        config: tokio_postgres::Config,
        tls: Option<&MakeRustlsConnect>,
        kind: ServerKind,
    ) -> Result<(D::Client, Option<i32>), Refusal> {
        let (dialler, tls, pulse) = (dial.clone(), tls.cloned(), Arc::<Pulse>::default());
        let opening = self.0.opening.clone();
        let its_pulse = Arc::clone(&pulse);
        let connect = move || {
            let mut client = dialler.dial(config, tls, its_pulse)?;
            let mut query = |sql: &str| dialler.simple_query(&mut client, sql);
            // It comes before the session is prepared: it asks what the server's own settings allow.
            if let Err(other_kind) = session::check(&mut query, kind) {
                return Ok(Err(other_kind));
            }
            let backend = match opening {
                Opening::Prepared => Some(session::prepare(&mut query)?),
                Opening::Marked(mark) => session::find_mark(&mut query, &mark)?,
                Opening::Bare => None,
            };
            Ok(Ok((client, backend)))
        };
        let connected = within(self.0.connect_limit(), &pulse, connect);
        let connected = connected.map_err(|error| attempt.late(error))?;
        connected.map_err(|error| attempt.refused(error))?.map_err(|error| attempt.away(error))
    }

    /// The ways to connect with or without TLS, in order. A unix socket never has TLS.
    fn modes(&self, host: &Host) -> &'static [config::SslMode] {
        use config::SslMode::{Disable, Prefer, Require};
        match (host, self.0.ssl_mode()) {
            (Host::Socket { .. }, _) | (_, SslMode::Disable) => &[Disable],
            (_, SslMode::Allow) => &[Disable, Require],
            // `Prefer` stays plain where the server has no TLS. The second attempt is for a TLS that fails.
            (_, SslMode::Prefer) => &[Prefer, Disable],
            (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[Require],
        }
    }

    /// The user that is named, or, as in libpq, the operating system's name of the current user.
    fn user(&self) -> Result<String> {
        let os_user = || User::from_uid(geteuid()).ok().flatten().map(|user| user.name);
        self.0.user.clone().or_else(os_user).ok_or_else(|| {
            Error::refused(format!("no database user is given, and user id {} has no name", geteuid()))
                .remedy("name one: postgresql://USER@host/db")
        })
    }
}

/// Where no server has answered, the error is one of the connection.
fn of_connection(error: Error) -> Error {
    if error.sqlstate().is_some() { error } else { error.of_connection() }
}

/// One error of all attempts. Those that have failed in the same way make one message.
fn summary(refusals: Vec<Refusal>) -> Error {
    let mut errors: Vec<Error> = refusals.into_iter().map(|refusal| refusal.error).collect();
    errors.dedup_by_key(|error| error.to_string());
    Error::many(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_describe_shows_the_password() {
        fn is_shared<T: Clone + Send + Sync>(_: &T) {}
        let target = Target::parse("postgresql://u:hunter2@h1:1,h2/db?application_name=x").unwrap();
        is_shared(&target);
        assert_eq!(target.describe(), "postgresql://u@h1:1,h2:5432/db");
        assert!(!format!("{target:?}").contains("hunter2"));
    }

    #[test]
    fn parts_and_url_are_the_same_target() {
        let text = |text: &str| Some(text.to_owned());
        let target =
            Target::from_parts(text("zipdb"), Some(5433), text("u"), Some(Secret::new("p")), text("d"));
        assert_eq!(target.describe(), "postgresql://u@zipdb:5433/d");
        let nothing = Target::from_parts(None, None, None, None, None);
        assert_eq!(nothing.describe(), Target::parse("postgresql://").unwrap().describe());
    }
}
