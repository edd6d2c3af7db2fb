//! The source at one moment: its greatest cursor, the transactions that are open, and the oldest of them.
//!
//! The order in which the three are asked for matters. A row with a smaller cursor than the greatest one that appears later
//! belongs to a transaction that had begun when the greatest one was read (a cursor grows: what begins later gets no
//! smaller one). So it is among those that are open right afterwards, or has committed by then, and whoever reads after that
//! sees it.

use crate::Result;
use crate::sync::state::{Marks, Pending};
use crate::sync::table::pair::Pair;
use postgres::Client;

/// How long a transaction may take from its `now()` to where others see that it is open (seconds). It is some microseconds
/// of work, in which the process may have to wait for a processor.
const UNSEEN: f64 = 1.0;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Now {
    /// The greatest cursor, as text; none where no row has one.
    pub greatest: Option<String>,
    /// The source's clock, seconds.
    pub clock: f64,
    /// The transactions that are open, by their virtual ids.
    pub open: Vec<String>,
    /// All transactions with a smaller id have ended.
    pub oldest: i64,
    /// No transaction has this id, or a greater one, yet.
    pub next: i64,
}

impl Now {
    /// Looks at the source.
    ///
    /// # Errors
    /// What the server reports.
    pub fn look(client: &mut Client, pair: &Pair) -> Result<Now> {
        let greatest = greatest(client, pair)?;
        let row = client.query_one(include_str!("open.sql"), &[])?;
        let (clock, open) = (row.get(0), row.get(1));
        let sql = "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint \
                   FROM pg_current_snapshot() s";
        let row = client.query_one(sql, &[])?;
        Ok(Now { greatest, clock, open, oldest: row.get(0), next: row.get(1) })
    }

    /// What is known before a first snapshot is taken: what is visible now will be in it.
    pub fn into_first_marks(self) -> Marks {
        Marks {
            settled: None,
            read_to: self.greatest.clone(),
            horizon: Some(self.oldest),
            pending: self.greatest.map(|to| Pending { to, since: self.clock, open: None }),
        }
    }

    /// Whether so much time has passed since then that every transaction of then is seen, or has ended.
    pub fn is_after(&self, since: f64) -> bool {
        // A clock that went back tells nothing; the transactions are found in any case.
        (self.clock - since).abs() >= UNSEEN
    }

    /// Whether all of these transactions have ended.
    pub fn have_ended(&self, open: &[String]) -> bool {
        open.iter().all(|transaction| !self.open.contains(transaction))
    }
}

/// The greatest cursor that is visible, by one probe of its index.
///
/// # Errors
/// What the server reports.
pub fn greatest(client: &mut Client, pair: &Pair) -> Result<Option<String>> {
    let cursor = pair.followed()?;
    let sql = format!(
        "SELECT max({})::text FROM {} WHERE {}",
        cursor.quoted(),
        pair.source.table,
        cursor.is_dated()
    );
    Ok(client.query_one(&sql, &[])?.get(0))
}

/// The condition of row versions that a transaction from `horizon` on has written; `next` is the first id that is not used
/// yet. Without a horizon, or with one that is so old that ids have come round, all rows.
pub fn written_since(horizon: Option<i64>, next: i64) -> String {
    /// Half of all ids is what `age` can tell apart.
    const COMPARABLE: i64 = 2_000_000_000;
    match horizon {
        Some(horizon) if next - horizon < COMPARABLE => {
            // Rows have the lower half of a transaction's id.
            format!("age(xmin) <= age('{}'::xid)", horizon & 0xffff_ffff)
        }
        _ => "true".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_while_they_can_be() {
        assert_eq!(written_since(Some((1 << 32) + 7), (1 << 32) + 9), "age(xmin) <= age('7'::xid)");
        assert_eq!(written_since(Some(7), 3_000_000_000), "true");
        assert_eq!(written_since(None, 9), "true");
    }

    #[test]
    fn a_transaction_is_over_when_it_is_no_longer_open() {
        let now = Now { greatest: None, clock: 10.0, open: vec!["3/1".into()], oldest: 1, next: 2 };
        assert!(now.have_ended(&[]) && now.have_ended(&["4/1".into()]));
        assert!(!now.have_ended(&["4/1".into(), "3/1".into()]));
        assert!(now.is_after(9.0) && now.is_after(99.0) && !now.is_after(9.5));
    }
}
