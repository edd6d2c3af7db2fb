//! The rows that the server holds, read back in COPY's binary format.

use super::digest::Digest;
use super::verification::Verification;
use crate::copy::encode::binary::{HEADER, TRAILER};
use crate::pg::ident::Qualified;
use crate::run::interrupt;
use crate::{Error, Result};
use postgres::Transaction;
use std::io::{BufRead, Read};
use std::ops::Range;

/// Bytes that are gathered before they are summed up.
const READ_BYTES: usize = 128 << 10;

/// Sums up the rows of `table`, or of some of its `pages`.
///
/// # Errors
/// What the server reports; Ctrl-C.
pub fn read_held(
    transaction: &mut Transaction<'_>,
    table: &Qualified,
    pages: Option<Range<u64>>,
    verification: &Verification,
) -> Result<Digest> {
    let condition = pages.map_or(String::new(), |Range { start, end }| {
        format!(" WHERE ctid >= '({start},0)'::tid AND ctid < '({end},0)'::tid")
    });
    let list = verification.select_list();
    let sql = format!("COPY (SELECT {list} FROM ONLY {table}{condition}) TO STDOUT (FORMAT binary)");
    let mut reader = transaction.copy_out(&sql)?;
    reader.read_exact(&mut [0; HEADER.len()])?;
    let mut digest = verification.empty_digest();
    let mut rows = Vec::with_capacity(2 * READ_BYTES);
    let mut at_end = false;
    while !at_end {
        interrupt::check()?;
        while !at_end && rows.len() < READ_BYTES {
            let message = reader.fill_buf()?;
            let length = message.len();
            at_end = length == 0;
            rows.extend_from_slice(message);
            reader.consume(length);
        }
        let added = rows.len() - digest.add(&rows).len();
        rows.drain(..added);
    }
    if rows != TRAILER {
        return Err(Error::failed(format!("the server has sent other things than the rows of {table}")));
    }
    Ok(digest)
}
