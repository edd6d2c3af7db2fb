//! Taking a replica's rows: the hash gets another name, at once and whole, and writers go on into a fresh one.
//!
//! `<replica>:pghaul:draining` holds that name as long as the hash is there, so that whoever comes after a crash finds it.
//! Both change together, in one `MULTI`. A name is never used twice: the ledger's row about it is about this hash only.

use super::connection::Redis;
use super::keys::Keys;
use crate::{Error, Result};
use redis::{cmd, pipe};

/// A hash that nobody writes to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its name.
    pub key: String,
    /// Whether an earlier run has taken it, and may have published it.
    pub is_leftover: bool,
}

/// Takes what the replica has, or finds what an earlier run has taken; nothing where there are no rows.
///
/// # Errors
/// A replica that is no hash; what Redis says; a lost connection, after which it may be taken or not.
pub fn take(redis: &mut Redis, keys: &Keys) -> Result<Option<Batch>> {
    loop {
        // Another run may take it between our looking and our taking.
        redis.ask::<()>(cmd("WATCH").arg(&keys.draining))?;
        if let Some(key) = redis.ask::<Option<String>>(cmd("GET").arg(&keys.draining))? {
            let kind: String = redis.ask(cmd("TYPE").arg(&key))?;
            match kind.as_str() {
                "hash" => {
                    redis.ask::<()>(&cmd("UNWATCH"))?;
                    return Ok(Some(Batch { key, is_leftover: true }));
                }
                "none" => {
                    tracing::debug!("{}: {key} is gone", keys.draining);
                    redis.ask_all::<Option<()>>(pipe().atomic().del(&keys.draining).ignore())?;
                    continue;
                }
                _ => return Err(no_hash(redis, &key, &kind)),
            }
        }
        let kind: String = redis.ask(cmd("TYPE").arg(&keys.replica))?;
        match kind.as_str() {
            "hash" => {}
            "none" => {
                redis.ask::<()>(&cmd("UNWATCH"))?;
                return Ok(None);
            }
            _ => return Err(no_hash(redis, &keys.replica, &kind).into_refused()),
        }
        let key = keys.new_batch();
        let mut taking = pipe();
        taking.atomic().set(&keys.draining, &key).ignore().rename(&keys.replica, &key).ignore();
        // A time to live would come over with the name, and take rows that are not published yet.
        taking.persist(&key).ignore();
        if redis.ask_all::<Option<()>>(&taking)?.is_some() {
            return Ok(Some(Batch { key, is_leftover: false }));
        }
    }
}

/// Removes a batch that is published, or gives it a name under which it stays.
///
/// # Errors
/// What Redis says; a lost connection. The next run does it then.
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

/// An error about what is not a hash.
pub fn no_hash(redis: &Redis, key: &str, kind: &str) -> Error {
    Error::failed(format!("is a {kind}, not a hash of rows"))
        .at(redis.place(key))
        .remedy("nothing of it was touched; name a replica")
}
