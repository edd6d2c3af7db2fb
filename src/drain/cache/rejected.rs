//! Rejects stay in Redis, in a hash of their own beside the batch: a row is either in the table or there.

use super::connection::Redis;
use super::keys::Keys;
use crate::{Error, Result};
use redis::{Value, cmd};
use std::sync::{Mutex, PoisonError};

/// Rows that are copied at a time.
const TOGETHER: usize = 500;

/// The rejects of one batch.
pub struct RejectedRows {
    batch: String,
    rejected: String,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    redis: Redis,
    /// The rows that are still to be copied.
    ids: Vec<Vec<u8>>,
    /// Whether the hash has a row.
    begun: bool,
}

impl RejectedRows {
    /// Begins without a reject. The rejects of an earlier attempt are removed: the batch still has all of its rows.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn begin(mut redis: Redis, batch: &str) -> Result<RejectedRows> {
        let rejected = Keys::rejected(batch);
        redis.ask::<u64>(cmd("UNLINK").arg(&rejected))?;
        let waiting = Mutex::new(Waiting { redis, ids: Vec::new(), begun: false });
        Ok(RejectedRows { batch: batch.to_owned(), rejected, waiting })
    }

    /// Adds the row with this id.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn add(&self, id: &[u8]) -> Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.ids.push(id.to_vec());
        match waiting.ids.len() {
            TOGETHER.. => self.copy(&mut waiting),
            _ => Ok(()),
        }
    }

    /// Copies all rejects that wait into their hash, which must happen before the other rows are published. Gives the name of
    /// the hash, if the batch has rejects.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn complete(&self) -> Result<Option<&str>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.copy(&mut waiting)?;
        Ok(waiting.begun.then_some(self.rejected.as_str()))
    }

    /// Removes the rejects, since nothing of the batch is published.
    ///
    /// # Errors
    /// What Redis reports; a lost connection. The next attempt removes them then.
    pub fn discard(&self) -> Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.ids.clear();
        waiting.begun = false;
        waiting.redis.ask::<u64>(cmd("UNLINK").arg(&self.rejected)).map(drop)
    }

    fn copy(&self, waiting: &mut Waiting) -> Result<()> {
        let ids = std::mem::take(&mut waiting.ids);
        if ids.is_empty() {
            return Ok(());
        }
        let rows: Vec<Value> = waiting.redis.ask(cmd("HMGET").arg(&self.batch).arg(&ids))?;
        let mut put = cmd("HSET");
        put.arg(&self.rejected);
        let mut found = 0;
        for (id, row) in ids.iter().zip(rows) {
            if let Value::BulkString(row) = row {
                put.arg(id).arg(row);
                found += 1;
            }
        }
        if found < ids.len() {
            return Err(Error::failed("rows have gone from a batch that is being drained").of_connection());
        }
        waiting.begun = true;
        waiting.redis.ask::<u64>(&put).map(drop)
    }
}
