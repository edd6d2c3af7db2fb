//! The rows of a batch, page by page.
//!
//! While no client writes to a hash, `HSCAN` gives each of its fields exactly once: only a table that begins to shrink
//! meanwhile can show a field twice, and only a write begins that (Redis documentation, SCAN, "Scan guarantees"; `dictScan` in
//! Redis's `dict.c`). If as many rows came as the hash has, no client has written.

use super::connection::Redis;
use super::rejected::RejectedRows;
use super::slots::Node;
use crate::report::{plural, thousands};
use crate::{Error, Result};
use redis::{Value, cmd, from_redis_value};

/// Rows of the first page: few, since each may be large.
const FIRST_COUNT: usize = 16;
/// The most rows of a page. Redis does nothing else while it makes one: about 2 ms.
const MOST_COUNT: usize = 4096;
/// Rows whose times to live are removed at a time.
const FIELDS_COUNT: usize = 1000;
/// The size that a page should have, bytes.
const PAGE_BYTES: usize = 1 << 20;

/// Some rows of a batch.
#[derive(Debug, Default)]
pub struct Page {
    /// Ids and rows alternate.
    pub fields: Vec<Vec<u8>>,
    /// The size of all ids and rows.
    pub bytes: usize,
}

impl Page {
    /// A page of ids and rows, which alternate.
    pub fn of(fields: Vec<Vec<u8>>) -> Page {
        let bytes = fields.iter().map(Vec::len).sum();
        Page { fields, bytes }
    }

    /// Each row with its id.
    pub fn rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.chunks_exact(2).map(|pair| (pair[0].as_slice(), pair[1].as_slice()))
    }

    /// The number of its rows.
    pub fn count(&self) -> u64 {
        self.fields.len() as u64 / 2
    }
}

/// Gives the rows of a batch, as often as they are asked for.
pub trait RowSource {
    /// Starts over at the first row. Gives the number of rows, if the source knows it.
    ///
    /// # Errors
    /// What the source reports; a lost connection.
    fn begin(&mut self) -> Result<Option<u64>>;

    /// The next page, which may be empty; none after the last one.
    ///
    /// # Errors
    /// As [`RowSource::begin`].
    fn next_page(&mut self) -> Result<Option<Page>>;

    /// Whether the pages had all rows; if not, the caller begins again.
    ///
    /// # Errors
    /// As [`RowSource::begin`]; rows that another client has changed meanwhile.
    fn was_all(&mut self) -> Result<bool>;

    /// The address of the source, for messages and the ledger.
    fn describe(&self) -> &str;

    /// The place for rejects, if the source has one.
    ///
    /// # Errors
    /// As [`RowSource::begin`].
    fn rejected_rows(&self) -> Result<Option<RejectedRows>>;
}

/// Reads all pages of one hash.
pub struct HashPages<'r> {
    redis: &'r mut Redis,
    key: &'r str,
    /// Where the next page begins; none after the last one.
    cursor: Option<u64>,
    count: usize,
    length: u64,
    read: u64,
    may_be_empty: bool,
    /// The node of a cluster that gives the pages.
    node: Option<Node>,
}

impl<'r> HashPages<'r> {
    /// The rows of a batch. Redis has no hash without rows, so a batch without rows is gone.
    pub fn of_batch(redis: &'r mut Redis, key: &'r str) -> HashPages<'r> {
        HashPages { may_be_empty: false, ..HashPages::of_replica(redis, key) }
    }

    /// The rows that a replica has now.
    pub fn of_replica(redis: &'r mut Redis, key: &'r str) -> HashPages<'r> {
        HashPages {
            redis,
            key,
            cursor: None,
            count: FIRST_COUNT,
            length: 0,
            read: 0,
            may_be_empty: true,
            node: None,
        }
    }
}

impl HashPages<'_> {
    /// The fields of about `count` rows from `cursor` on, and where the next ones begin; 0 behind the last.
    fn scan(&mut self, cursor: u64, count: usize) -> Result<(u64, Vec<Vec<u8>>)> {
        let mut scan = cmd("HSCAN");
        scan.arg(self.key).arg(cursor).arg("COUNT").arg(count);
        page_of(self.redis.ask(&scan)?).ok_or_else(|| {
            Error::failed("Redis: HSCAN gave something other than rows").at(self.redis.place(self.key))
        })
    }

    /// Removes the times to live that rows of the batch may have of their own (`HEXPIRE`): what was taken stays until it is published.
    ///
    /// # Errors
    /// What Redis reports; a lost connection.
    pub fn keep_rows(&mut self) -> Result<()> {
        if !self.redis.has_fields_that_expire(self.key)? {
            return Ok(());
        }
        let length: u64 = self.redis.ask(cmd("HLEN").arg(self.key))?;
        let mut cursor = 0;
        loop {
            let (next, fields) = self.scan(cursor, FIELDS_COUNT)?;
            let ids: Vec<&Vec<u8>> = fields.iter().step_by(2).collect();
            if !ids.is_empty() {
                let mut persist = cmd("HPERSIST");
                persist.arg(self.key).arg("FIELDS").arg(ids.len()).arg(&ids);
                self.redis.ask::<Value>(&persist)?;
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        let kept: u64 = self.redis.ask(cmd("HLEN").arg(self.key))?;
        if kept < length {
            let expired = length - kept;
            let (rows, have) = (plural(expired, "row"), if expired == 1 { "has" } else { "have" });
            tracing::warn!(
                "{}: {} {rows} of the batch {have} expired (HEXPIRE)",
                self.key,
                thousands(expired)
            );
        }
        Ok(())
    }
}

impl RowSource for HashPages<'_> {
    fn begin(&mut self) -> Result<Option<u64>> {
        self.length = self.redis.ask(cmd("HLEN").arg(self.key))?;
        self.node = self.redis.answered().cloned();
        if self.length == 0 && !self.may_be_empty {
            return Err(Error::failed("is gone from Redis").at(self.redis.place(self.key)));
        }
        (self.cursor, self.count, self.read) = (Some(0), FIRST_COUNT, 0);
        Ok(Some(self.length))
    }

    fn next_page(&mut self) -> Result<Option<Page>> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let (cursor, fields) = self.scan(cursor, self.count)?;
        if self.redis.answered() != self.node.as_ref() {
            // It has another order, so that as many rows may be missing as come twice.
            let what = "has moved to another node of the cluster while it was read";
            return Err(Error::failed(what).at(self.redis.place(self.key)).of_connection());
        }
        self.cursor = Some(cursor).filter(|cursor| *cursor != 0);
        let page = Page::of(fields);
        self.read += page.count();
        let row_bytes = page.bytes / (page.count().max(1) as usize) + 1;
        self.count = (PAGE_BYTES / row_bytes).clamp(1, (2 * self.count).min(MOST_COUNT));
        Ok(Some(page))
    }

    fn was_all(&mut self) -> Result<bool> {
        let length: u64 = self.redis.ask(cmd("HLEN").arg(self.key))?;
        if (self.read, length) == (self.length, self.length) {
            return Ok(true);
        }
        let (read, length, rows) = (thousands(self.read), thousands(length), plural(length, "row"));
        Err(Error::failed(format!(
            "read {read} rows of a batch of {length} {rows}: another client changes it"
        ))
        .at(self.redis.place(self.key))
        .of_connection())
    }

    fn describe(&self) -> &str {
        self.redis.describe()
    }

    fn rejected_rows(&self) -> Result<Option<RejectedRows>> {
        RejectedRows::begin(self.redis.another()?, self.key).map(Some)
    }
}

/// The cursor and the fields of an answer to `HSCAN`.
fn page_of(answer: Value) -> Option<(u64, Vec<Vec<u8>>)> {
    let Value::Array(mut parts) = answer else { return None };
    let (Some(Value::Array(fields)), Some(cursor), None) = (parts.pop(), parts.pop(), parts.pop()) else {
        return None;
    };
    let bytes = |field| match field {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    };
    let fields = fields.into_iter().map(bytes).collect::<Option<Vec<_>>>()?;
    Some((from_redis_value(cursor).ok()?, fields)).filter(|(_, fields)| fields.len().is_multiple_of(2))
}
