//! A connection to Redis, and what its errors mean to a run.

use super::address::Address;
use crate::error::with_sources;
use crate::{Error, Place, Result};
use redis::{Cmd, Connection, ErrorKind, FromRedisValue, Pipeline, RedisError, ServerErrorKind};
use std::time::Duration;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take. Redis does one thing at a time, and another client's command may take a while.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// The code of the error for a command that needs memory, when there is none.
const FULL: &str = "OOM";

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// All of its commands were executed.
    Done,
    /// None was, since another client has changed a watched key.
    Disturbed,
    /// None was, since Redis has reached its `maxmemory`: it takes no `MULTI` then, whatever the commands are.
    Full,
}

/// An open connection.
pub struct Redis {
    connection: Connection,
    address: Address,
}

impl Redis {
    /// Connects.
    ///
    /// # Errors
    /// A Redis that does not answer (an error of the connection), or that refuses the login.
    pub fn connect(address: &Address) -> Result<Redis> {
        let shown = address.describe();
        let open = || {
            let connection = address.client().get_connection_with_timeout(CONNECT_TIMEOUT)?;
            connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
            connection.set_write_timeout(Some(ANSWER_TIMEOUT))?;
            Ok(connection)
        };
        let connection = open().map_err(|error: RedisError| explained(&error, shown))?;
        let mut this = Redis { connection, address: address.clone() };
        // Redis refuses a missing password only when a command comes.
        this.ask::<String>(&redis::cmd("PING"))?;
        Ok(this)
    }

    /// Another connection to the same Redis.
    ///
    /// # Errors
    /// As [`Redis::connect`].
    pub fn another(&self) -> Result<Redis> {
        Redis::connect(&self.address)
    }

    /// Executes a command.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T> {
        command.query(&mut self.connection).map_err(|error| explained(&error, self.address.describe()))
    }

    /// Executes several commands as one, whose answers do not matter.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn transact(&mut self, commands: &Pipeline) -> Result<Transaction> {
        match commands.query::<Option<()>>(&mut self.connection) {
            Ok(Some(())) => Ok(Transaction::Done),
            Ok(None) => Ok(Transaction::Disturbed),
            Err(error) if is_full(&error) => Ok(Transaction::Full),
            Err(error) => Err(explained(&error, self.address.describe())),
        }
    }

    /// What Redis removes when its memory is full (`maxmemory-policy`); none if it does not say.
    pub fn eviction_policy(&mut self) -> Option<String> {
        // Users may lack the right to ask, and nothing else depends on the answer.
        let memory: String = redis::cmd("INFO").arg("memory").query(&mut self.connection).ok()?;
        memory.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(str::to_owned)
    }

    /// The URL without user and password, for messages and the ledger.
    pub fn describe(&self) -> &str {
        self.address.describe()
    }

    /// As the place of an error about a key.
    pub fn place(&self, key: &str) -> Place {
        Place::member(self.describe(), key)
    }
}

/// Whether Redis has refused a command because it has reached its `maxmemory`.
fn is_full(error: &RedisError) -> bool {
    let errors = error.clone().into_server_errors();
    errors.is_some_and(|errors| errors.iter().any(|(_, error)| error.code() == FULL))
}

/// An error of Redis, with a remedy; an error of the connection if another try may help.
fn explained(error: &RedisError, shown: &str) -> Error {
    let what = match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => with_sources(error),
    };
    let failed = Error::failed(format!("Redis: {what}")).at(Place::file(shown));
    // Of several commands, the first failure counts.
    let of_several = error.clone().into_server_errors().and_then(|errors| errors.first()?.1.kind());
    match of_several.map_or(error.kind(), ErrorKind::Server) {
        ErrorKind::AuthenticationFailed => failed.into_refused().remedy(
            "give the right user and password of this Redis, in the URL or as user and password of the job",
        ),
        _ if is_full(error) => failed.remedy(
            "a Redis that has reached its maxmemory has no room for copies of rejected rows: raise it, or correct the rows; \
             nothing of this batch was published, and its rows stay in Redis",
        ),
        ErrorKind::Extension if error.code() == Some("NOAUTH") => {
            failed.into_refused().remedy("set password of the job, or REDISCLI_AUTH")
        }
        ErrorKind::Server(ServerErrorKind::NoPerm) => {
            failed.remedy("have the user's ACL allow this command on this key")
        }
        ErrorKind::Server(ServerErrorKind::ReadOnly) => {
            failed.remedy("name the primary, not a replica of it")
        }
        ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask | ServerErrorKind::CrossSlot) => {
            failed.remedy("pghaul does not follow a Redis Cluster: name the node that has this key")
        }
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown,
        ) => failed.of_connection(),
        ErrorKind::Extension if error.code() == Some("BUSY") => failed.of_connection(),
        ErrorKind::Io if is_of_certificate(error) => failed
            .into_refused()
            .remedy("name the authority that signed the server's certificate with tls: {ca: FILE}"),
        // An answer that was read in part says nothing about the command.
        ErrorKind::Io | ErrorKind::Parse => failed.of_connection(),
        _ => failed,
    }
}

/// Whether TLS failed for a certificate, which another try cannot help.
fn is_of_certificate(error: &RedisError) -> bool {
    let text = with_sources(error);
    text.contains("certificate") || text.contains("Certificate")
}
