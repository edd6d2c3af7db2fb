//! Taking a replica's rows: the whole hash gets another name at once, and writers go on into a fresh hash.
//!
//! `<replica>:pghaul:draining` holds that name as long as the hash exists, and a run after a crash finds the hash by it.
//! `<batch>:columns` holds the columns that the rows have. All of them change together: in one `MULTI`, or in a script where
//! Redis has reached its `maxmemory`, since it refuses every `MULTI` then (redis/redis#9926). A name is never used twice, so a
//! row of the ledger is about one hash only.

use super::connection::{Redis, Transaction};
use super::keys::Keys;
use super::meta::Columns;
use crate::{Error, Result};
use redis::{cmd, pipe};

/// Takes the rows in a Redis that is full. Redis refuses a command that needs memory only as the first one of a script that
/// writes, and `RENAME` needs none.
const TAKE: &str = "\
if redis.call('EXISTS', KEYS[3]) == 1 or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('SET', KEYS[3], KEYS[2])
redis.call('SET', KEYS[4], ARGV[1])
return 1";

/// A batch that an earlier run has taken, and may have published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its name.
    pub key: String,
    /// Whether Redis still has its rows.
    pub is_there: bool,
}

/// The batch that an earlier run has taken, if there is one.
///
/// # Errors
/// A batch that is not a hash; what Redis reports; a lost connection.
pub fn leftover(redis: &mut Redis, keys: &Keys) -> Result<Option<Leftover>> {
    let Some(key) = redis.ask::<Option<String>>(cmd("GET").arg(&keys.draining))? else { return Ok(None) };
    let is_there = is_there(redis, &key)?;
    Ok(Some(Leftover { key, is_there }))
}

/// Whether Redis has rows under this name.
///
/// # Errors
/// As [`leftover`].
pub fn is_there(redis: &mut Redis, batch: &str) -> Result<bool> {
    let kind: String = redis.ask(cmd("TYPE").arg(batch))?;
    match kind.as_str() {
        "hash" => Ok(true),
        "none" => Ok(false),
        _ => Err(not_a_hash(redis, batch, &kind)),
    }
}

/// The answer to a try to take the rows of a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// They are a batch of this name now.
    Batch(String),
    /// The replica has no rows.
    Nothing,
    /// Another run has taken them.
    ByAnother,
}

/// Takes the rows of the replica, which have these columns, unless a batch is taken already.
///
/// # Errors
/// A replica that is not a hash; what Redis reports; a lost connection, after which the rows may be taken or not.
pub fn take(redis: &mut Redis, keys: &Keys, columns: &Columns) -> Result<Taken> {
    // `WATCH` makes the `MULTI` below fail if another run takes the rows in between.
    redis.ask::<()>(cmd("WATCH").arg(&keys.draining))?;
    let is_taken = redis.ask::<bool>(cmd("EXISTS").arg(&keys.draining))?;
    redis.check_is_not_moving()?;
    if is_taken {
        redis.unwatch(&keys.draining)?;
        return Ok(Taken::ByAnother);
    }
    let kind: String = redis.ask(cmd("TYPE").arg(&keys.replica))?;
    match kind.as_str() {
        "hash" => {}
        "none" => {
            redis.unwatch(&keys.draining)?;
            return Ok(Taken::Nothing);
        }
        _ => return Err(not_a_hash(redis, &keys.replica, &kind).into_refused()),
    }
    let (batch, text) = (keys.new_batch(), columns.text.as_slice());
    let mut taking = pipe();
    taking.atomic().set(&keys.draining, &batch).ignore().rename(&keys.replica, &batch).ignore();
    taking.set(Keys::columns(&batch), text).ignore();
    // `RENAME` keeps a time to live, which could remove rows before they are published.
    taking.persist(&batch).ignore();
    let is_taken = match redis.transact(&taking)? {
        Transaction::Done => true,
        Transaction::Disturbed => false,
        Transaction::Full => {
            tracing::debug!("{}: Redis is full, so a script takes the rows", keys.replica);
            let mut script = cmd("EVAL");
            script.arg(TAKE).arg(4).arg(&keys.replica).arg(&batch).arg(&keys.draining);
            redis.ask(script.arg(Keys::columns(&batch)).arg(text))?
        }
    };
    Ok(if is_taken { Taken::Batch(batch) } else { Taken::ByAnother })
}

/// Removes a published batch, or renames it if its rows are to stay. Neither needs memory.
///
/// # Errors
/// What Redis reports; a lost connection. The next run finishes the batch then.
pub fn finish(redis: &mut Redis, keys: &Keys, batch: &str, keep: bool) -> Result<()> {
    let (columns, draining) = (Keys::columns(batch), keys.draining.as_str());
    match keep {
        true => {
            redis.ask::<()>(cmd("RENAME").arg(batch).arg(Keys::kept(batch)))?;
            unlink(redis, &[&columns, draining])
        }
        false => unlink(redis, &[batch, &columns, draining]),
    }
}

/// Forgets a batch whose rows Redis no longer has.
///
/// # Errors
/// As [`finish`].
pub fn forget(redis: &mut Redis, keys: &Keys, batch: &str) -> Result<()> {
    unlink(redis, &[&Keys::columns(batch), &keys.draining])
}

/// Removes keys, in this order. The nodes of a cluster remove several at once only if one node has all of them, and some may be on
/// their way to another one.
fn unlink(redis: &mut Redis, keys: &[&str]) -> Result<()> {
    if !redis.is_cluster() {
        match redis.ask::<()>(cmd("UNLINK").arg(keys)) {
            Err(_) if redis.is_cluster() => {}
            done => return done,
        }
    }
    keys.iter().try_for_each(|key| redis.ask::<()>(cmd("UNLINK").arg(key)))
}

/// The error for a key that is not a hash.
pub fn not_a_hash(redis: &Redis, key: &str, kind: &str) -> Error {
    Error::failed(format!("is a {kind}, not a hash of rows"))
        .at(redis.place(key))
        .remedy("nothing of it was touched; name a replica")
}
