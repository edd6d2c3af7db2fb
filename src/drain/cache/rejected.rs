//! Rows that were put aside stay in Redis, in a hash of their own beside the batch: what is not in the table is there.

use super::connection::Redis;
use super::keys::Keys;
use crate::{Error, Result};
use redis::{Value, cmd};
use std::sync::{Mutex, PoisonError};

/// Rows that are moved together.
const TOGETHER: usize = 500;

/// The rejects of one batch.
pub struct RejectedRows {
    batch: String,
    rejected: String,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    redis: Redis,
    ids: Vec<Vec<u8>>,
    begun: bool,
}

impl RejectedRows {
    /// None yet of `batch`; what an earlier try has put aside is forgotten, since its rows are all still in the batch.
    ///
    /// # Errors
    /// What Redis says; a lost connection.
    pub fn none_of(mut redis: Redis, batch: &str) -> Result<RejectedRows> {
        let rejected = Keys::rejected(batch);
        redis.ask::<u64>(cmd("UNLINK").arg(&rejected))?;
        let waiting = Mutex::new(Waiting { redis, ids: Vec::new(), begun: false });
        Ok(RejectedRows { batch: batch.to_owned(), rejected, waiting })
    }

    /// Puts the row of this id aside.
    ///
    /// # Errors
    /// What Redis says; a lost connection.
    pub fn add(&self, id: &[u8]) -> Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.ids.push(id.to_vec());
        match waiting.ids.len() {
            TOGETHER.. => self.copy(&mut waiting),
            _ => Ok(()),
        }
    }

    /// All of them are in their hash then: to be called before the other rows are published. Gives its name, if there are any.
    ///
    /// # Errors
    /// What Redis says; a lost connection.
    pub fn complete(&self) -> Result<Option<&str>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.copy(&mut waiting)?;
        Ok(waiting.begun.then_some(self.rejected.as_str()))
    }

    /// Forgets them, since nothing of the batch is published.
    ///
    /// # Errors
    /// What Redis says; a lost connection. The next try does it then.
    pub fn forget(&self) -> Result<()> {
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
