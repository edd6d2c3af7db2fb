//! A connection to Redis, and what its errors mean to a run.

use super::address::Address;
use super::slots::{Node, Redirection, redirection, slot_of, slot_of_command};
use crate::error::with_sources;
use crate::pg::retry;
use crate::{Error, Place, Result};
use redis::{Cmd, Connection, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A command is sent on so many times.
const REDIRECTIONS: u32 = 8;
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

/// An open connection; to a Redis Cluster, one to each node that is needed.
///
/// Commands go to the node of `from`, which sends those for other nodes' slots on (`MOVED`, `ASK`). What it says of a slot is
/// remembered.
pub struct Redis {
    connection: Connection,
    address: Address,
    nodes: BTreeMap<Node, Connection>,
    slots: HashMap<u16, Node>,
    is_cluster: bool,
    /// The node that has given the last answer; none for that of `from`.
    answered: Option<Node>,
    /// Whether that answer was about a key whose slot is on its way to another node.
    is_moving: bool,
}

impl Redis {
    /// Connects.
    ///
    /// # Errors
    /// A Redis that does not answer (an error of the connection), or that refuses the login.
    pub fn connect(address: &Address) -> Result<Redis> {
        let mut this = Redis {
            connection: open(address)?,
            address: address.clone(),
            nodes: BTreeMap::new(),
            slots: HashMap::new(),
            is_cluster: false,
            answered: None,
            is_moving: false,
        };
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
        let mut asked: Option<Node> = None;
        for _ in 0..REDIRECTIONS {
            let is_asked = asked.is_some();
            let node = match asked.take() {
                None if self.slots.is_empty() => None,
                None => slot_of_command(command).and_then(|slot| self.slots.get(&slot).cloned()),
                asked => asked,
            };
            let connection = self.connection_to(node.as_ref())?;
            let asking = if is_asked { redis::cmd("ASKING").exec(connection) } else { Ok(()) };
            match asking.and_then(|()| command.query(connection)) {
                Ok(answer) => {
                    (self.answered, self.is_moving) = (node, is_asked);
                    return Ok(answer);
                }
                Err(error) => asked = self.redirected(error)?,
            }
        }
        Err(self.never_there())
    }

    /// Executes commands that do not depend on each other, each with a number as its answer. A command whose keys are in
    /// several slots, or in a slot that is on its way to another node, has none.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn ask_each(&mut self, commands: &[Cmd]) -> Result<Vec<Option<u64>>> {
        let mut answers = vec![None; commands.len()];
        let mut open: Vec<usize> = (0..commands.len()).collect();
        for _ in 0..REDIRECTIONS {
            let mut by_node: BTreeMap<Option<Node>, Vec<usize>> = BTreeMap::new();
            for number in open.drain(..) {
                let slot = slot_of_command(&commands[number]);
                let node = slot.and_then(|slot| self.slots.get(&slot).cloned());
                by_node.entry(node).or_default().push(number);
            }
            for (node, numbers) in by_node {
                let mut pipeline = redis::pipe();
                for number in &numbers {
                    pipeline.add_command(commands[*number].clone());
                }
                let connection = self.connection_to(node.as_ref())?;
                let some: Vec<RedisResult<u64>> = pipeline
                    .ignore_errors()
                    .query(connection)
                    .map_err(|error| explained(&error, self.address.describe()))?;
                for (number, answer) in numbers.into_iter().zip(some) {
                    match answer {
                        Ok(answer) => answers[number] = Some(answer),
                        Err(error) if is_of_several_places(&error) => {}
                        Err(error) => {
                            if self.redirected(error)?.is_none() {
                                open.push(number);
                            }
                        }
                    }
                }
            }
            if open.is_empty() {
                return Ok(answers);
            }
        }
        Err(self.never_there())
    }

    /// Executes several commands as one, whose answers do not matter. All of their keys must be in one slot.
    ///
    /// # Errors
    /// What Redis reports; a lost connection; a slot that is on its way to another node.
    pub fn transact(&mut self, commands: &Pipeline) -> Result<Transaction> {
        let first = commands.cmd_iter().next().and_then(slot_of_command);
        match commands.query::<Option<()>>(self.connection_of(first)?) {
            Ok(Some(())) => Ok(Transaction::Done),
            Ok(None) => Ok(Transaction::Disturbed),
            Err(error) if is_full(&error) => Ok(Transaction::Full),
            Err(error) => match self.redirected(error)? {
                // The other node knows nothing of the keys that were watched.
                None => Ok(Transaction::Disturbed),
                Some(_) => Err(self.moving()),
            },
        }
    }

    /// Checks that the slot of the last [`Redis::ask`] is not on its way to another node: no commands can be executed as one
    /// then.
    ///
    /// # Errors
    /// An error of the connection: later it has arrived.
    pub fn check_is_not_moving(&self) -> Result<()> {
        if self.is_moving { Err(self.moving()) } else { Ok(()) }
    }

    fn moving(&self) -> Error {
        Error::failed("the keys are on their way to another node of the cluster")
            .at(Place::file(self.describe()))
            .of_connection()
    }

    /// Ends the watch of `key`.
    ///
    /// # Errors
    /// As [`Redis::ask`].
    pub fn unwatch(&mut self, key: &str) -> Result<()> {
        let done = redis::cmd("UNWATCH").exec(self.connection_of(Some(slot_of(key.as_bytes())))?);
        done.map_err(|error| explained(&error, self.address.describe()))
    }

    /// Whether this is known to be a node of a cluster, where one command cannot be about keys of several slots.
    pub fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    /// The node that has given the last answer to [`Redis::ask`]; none for that of `from`.
    pub fn answered(&self) -> Option<&Node> {
        self.answered.as_ref()
    }

    fn connection_of(&mut self, slot: Option<u16>) -> Result<&mut Connection> {
        let node = slot.and_then(|slot| self.slots.get(&slot).cloned());
        self.connection_to(node.as_ref())
    }

    /// The connection to a node; to that of `from`, if none is given.
    fn connection_to(&mut self, node: Option<&Node>) -> Result<&mut Connection> {
        let Some(node) = node else { return Ok(&mut self.connection) };
        match self.nodes.entry(node.clone()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(vacant) => {
                let address = self.address.of_node(node.host.as_deref(), node.port)?;
                tracing::debug!("{}: going on to the node {}", self.address.describe(), address.describe());
                Ok(vacant.insert(open(&address)?))
            }
        }
    }

    /// Remembers where a slot is. Gives the node that is to be asked once, for a slot that is on its way.
    ///
    /// # Errors
    /// `error`, if it is no redirection.
    fn redirected(&mut self, error: RedisError) -> Result<Option<Node>> {
        self.is_cluster |= is_of_several_places(&error);
        let Some(redirection) = redirection(&error) else {
            return Err(explained(&error, self.address.describe()));
        };
        self.is_cluster = true;
        match redirection {
            Redirection::Moved(slot, node) => {
                self.slots.insert(slot, node);
                Ok(None)
            }
            Redirection::Ask(node) => Ok(Some(node)),
        }
    }

    fn never_there(&self) -> Error {
        Error::failed("the nodes of the cluster do not agree where a key is")
            .at(Place::file(self.describe()))
            .of_connection()
    }

    /// What Redis removes when its memory is full (`maxmemory-policy`); none if it does not say.
    pub fn eviction_policy(&mut self) -> Option<String> {
        // Users may lack the right to ask, and nothing else depends on the answer.
        let memory: String = redis::cmd("INFO").arg("memory").query(&mut self.connection).ok()?;
        memory.lines().find_map(|line| line.strip_prefix("maxmemory_policy:")).map(str::to_owned)
    }

    /// Whether the database of `key` has hashes with fields that have a time to live of their own (Redis 7.4, Valkey 9). A Redis that does
    /// not say has none.
    ///
    /// # Errors
    /// A lost connection.
    pub fn has_fields_that_expire(&mut self, key: &str) -> Result<bool> {
        let mut info = redis::cmd("INFO");
        info.arg("keyspace");
        let keyspace = info.query::<String>(self.connection_of(Some(slot_of(key.as_bytes())))?);
        match keyspace.map_err(|error| explained(&error, self.address.describe())) {
            Ok(keyspace) => Ok(names_fields_that_expire(&keyspace)),
            Err(lost) if retry::is_of_connection(&lost) => Err(lost),
            // Users may lack the right to ask.
            Err(_) => Ok(false),
        }
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

/// Whether `INFO keyspace` counts hashes with fields that have a time to live: `subexpiry` of Redis, `keys_with_volatile_items` of Valkey.
fn names_fields_that_expire(keyspace: &str) -> bool {
    let counts =
        keyspace.lines().filter_map(|line| line.split_once(':')).flat_map(|(_, counts)| counts.split(','));
    let is_some = |count: &str| {
        let known = count
            .split_once('=')
            .filter(|(name, _)| matches!(*name, "subexpiry" | "keys_with_volatile_items"));
        known.is_some_and(|(_, number)| number.trim_end() != "0")
    };
    counts.into_iter().any(is_some)
}

/// Opens a connection.
fn open(address: &Address) -> Result<Connection> {
    let open = || {
        let connection = address.client().get_connection_with_timeout(CONNECT_TIMEOUT)?;
        connection.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        connection.set_write_timeout(Some(ANSWER_TIMEOUT))?;
        Ok(connection)
    };
    open().map_err(|error: RedisError| explained(&error, address.describe()))
}

/// Whether a command was about keys of several slots.
fn is_cross_slot(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::CrossSlot)
}

/// Whether a command was about keys that no node has together, for now or ever.
fn is_of_several_places(error: &RedisError) -> bool {
    is_cross_slot(error) || error.kind() == ErrorKind::Server(ServerErrorKind::TryAgain)
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
        ErrorKind::Server(ServerErrorKind::CrossSlot) => failed.remedy(
            "in a Redis Cluster, the name of a replica may have braces only around a part of it, as in eu:{users}",
        ),
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
            | ServerErrorKind::MasterDown
            | ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown,
        ) => failed.of_connection(),
        _ if error.code() == Some("MISCONF") => failed.remedy(
            "this Redis changes nothing while it cannot write its snapshots: see its log, and make room on its disk",
        ),
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
