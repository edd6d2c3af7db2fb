//! Taking a replica's rows: the whole hash gets another name at once, and writers go on into a fresh hash.
//!
//! `<replica>:pghaul:draining` holds that name as long as the hash exists, and a run after a crash finds the hash by it. Both
//! keys change together, in one `MULTI`. A name is never used twice, so a row of the ledger is about one hash only.

use super::connection::Redis;
use super::keys::Keys;
use crate::{Error, Result};
use redis::{cmd, pipe};

/// A hash of rows that no writer knows the name of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBatch {
    /// Its name.
    pub key: String,
    /// Whether an earlier run has taken it, and may have published it.
    pub is_leftover: bool,
}

/// Takes the rows of the replica, or finds the batch that an earlier run has taken; none if neither has a row.
///
/// # Errors
/// A replica that is not a hash; what Redis reports; a lost connection, after which the rows may be taken or not.
pub fn take(redis: &mut Redis, keys: &Keys) -> Result<Option<TakenBatch>> {
    loop {
        // `WATCH` makes the `MULTI` below fail if another run takes the rows in between.
        redis.ask::<()>(cmd("WATCH").arg(&keys.draining))?;
        if let Some(key) = redis.ask::<Option<String>>(cmd("GET").arg(&keys.draining))? {
            let kind: String = redis.ask(cmd("TYPE").arg(&key))?;
            match kind.as_str() {
                "hash" => {
                    redis.ask::<()>(&cmd("UNWATCH"))?;
                    return Ok(Some(TakenBatch { key, is_leftover: true }));
                }
                "none" => {
                    tracing::debug!("{}: {key} is gone", keys.draining);
                    redis.ask_all::<Option<()>>(pipe().atomic().del(&keys.draining).ignore())?;
                    continue;
                }
                _ => return Err(not_a_hash(redis, &key, &kind)),
            }
        }
        let kind: String = redis.ask(cmd("TYPE").arg(&keys.replica))?;
        match kind.as_str() {
            "hash" => {}
            "none" => {
                redis.ask::<()>(&cmd("UNWATCH"))?;
                return Ok(None);
            }
            _ => return Err(not_a_hash(redis, &keys.replica, &kind).into_refused()),
        }
        let key = keys.new_batch();
        let mut taking = pipe();
        taking.atomic().set(&keys.draining, &key).ignore().rename(&keys.replica, &key).ignore();
        // `RENAME` keeps a time to live, which could remove rows before they are published.
        taking.persist(&key).ignore();
        if redis.ask_all::<Option<()>>(&taking)?.is_some() {
            return Ok(Some(TakenBatch { key, is_leftover: false }));
        }
    }
}

/// Removes a published batch, or renames it if its rows are to stay.
///
/// # Errors
/// What Redis reports; a lost connection. The next run finishes the batch then.
pub fn finish(redis: &mut Redis, keys: &Keys, batch: &str, keep: bool) -> Result<()> {
    let mut finishing = pipe();
    finishing.atomic();
    match keep {
        true => finishing.rename(batch, Keys::kept(batch)).ignore(),
        false => finishing.cmd("UNLINK").arg(batch).ignore(),
    };
    finishing.del(&keys.draining).ignore();
    redis.ask_all::<()>(&finishing)
}

/// The error for a key that is not a hash.
pub fn not_a_hash(redis: &Redis, key: &str, kind: &str) -> Error {
    Error::failed(format!("is a {kind}, not a hash of rows"))
        .at(redis.place(key))
        .remedy("nothing of it was touched; name a replica")
}
