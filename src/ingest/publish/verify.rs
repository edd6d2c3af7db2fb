//! `--verify`: what a unit's table holds is compared with what was sent, before others see the table.

use super::unit_copy::UnitCopy;
use crate::copy::verify::digest::Digest;
use crate::copy::verify::held::read_held;
use crate::pg::awake;
use crate::pg::database::lost_connection;
use crate::report::plural;
use crate::report::steps::Steps;
use crate::report::timeline::Step;
use crate::run::workers::side_by_side;
use crate::{Error, Result};
use postgres::{Client, Transaction};
use std::ops::Range;

/// From this version on (`server_version_num`), the server can read a range of pages without the others.
const READS_RANGES: i32 = 140_000;

/// Compares, in the transaction that has filled the table. Does nothing without `--verify`.
///
/// # Errors
/// A difference; what the server reports; Ctrl-C.
pub fn compare(copy: &UnitCopy<'_>, transaction: &mut Transaction<'_>, steps: &mut Steps<'_>) -> Result<()> {
    let Some(verification) = copy.verification else { return Ok(()) };
    let held = read_held(transaction, copy.table, None, verification)?;
    conclude(copy, &held, steps)
}

/// As [`compare`], by all of `clients`, of a table that other connections have filled and committed. `transaction` locks it
/// against changes until its end.
///
/// # Errors
/// As there.
pub fn compare_by_many(
    copy: &UnitCopy<'_>,
    transaction: &mut Transaction<'_>,
    clients: &mut [Client],
    steps: &mut Steps<'_>,
) -> Result<()> {
    let Some(verification) = copy.verification else { return Ok(()) };
    transaction.batch_execute(&format!("LOCK TABLE {} IN SHARE MODE", copy.table))?;
    let sql = "SELECT current_setting('server_version_num')::int, \
                      pg_relation_size($1::text::regclass) / current_setting('block_size')::bigint";
    let row = transaction.query_one(sql, &[&copy.table.to_string()])?;
    let (version, pages): (i32, i64) = (row.get(0), row.get(1));
    let parts = if version < READS_RANGES { 1 } else { clients.len() };
    let ranges = parts_of(u64::try_from(pages).unwrap_or(0), parts);
    let mut held = verification.empty_digest();
    let read = |(client, pages): (&mut Client, Range<u64>)| {
        let outcome = client
            .transaction()
            .map_err(Error::from)
            .and_then(|mut transaction| read_held(&mut transaction, copy.table, Some(pages), verification));
        outcome.map_err(|error| if client.is_closed() { lost_connection(error) } else { error })
    };
    for part in awake::while_others(transaction, || side_by_side(clients.iter_mut().zip(ranges), read)) {
        held.merge(&part?);
    }
    conclude(copy, &held, steps)
}

fn conclude(copy: &UnitCopy<'_>, held: &Digest, steps: &mut Steps<'_>) -> Result<()> {
    let Some(verification) = copy.verification else { return Ok(()) };
    verification.compare(held, copy.unit.table.name())?;
    steps.done(&format!("verified {} {}", held.rows(), plural(held.rows(), "row")), Step::Publish);
    Ok(())
}

/// Divides so many pages into so many parts of the same size.
fn parts_of(pages: u64, parts: usize) -> Vec<Range<u64>> {
    let each = pages.div_ceil(parts as u64);
    (0..parts as u64).map(|part| (part * each).min(pages)..((part + 1) * each).min(pages)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_all_pages_and_each_page_is_in_one() {
        for (pages, parts) in [(0, 3), (1, 4), (7, 3), (8, 4), (1_000_003, 4), (5, 1)] {
            let ranges = parts_of(pages, parts);
            assert_eq!(ranges.len(), parts);
            let all: Vec<u64> = ranges.into_iter().flatten().collect();
            assert!(all.iter().copied().eq(0..pages), "{pages} {parts}");
        }
    }
}
