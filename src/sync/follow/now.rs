//! The source at one moment: its greatest cursor, the transactions that are open, and the oldest of them.
//!
//! They are asked for in this order, which matters. Suppose that a row appears later with a smaller cursor than the greatest
//! one. Its transaction had begun when the greatest cursor was read, since a cursor grows and later transactions get no smaller
//! one. So that transaction is still open right afterwards, or it has committed by then and every later read sees the row.

use crate::Result;
use crate::sync::reader::Reader;
use crate::sync::side::of_source;
use crate::sync::state::{Marks, Pending};
use crate::sync::table::cursor::{Clock, Cursor};
use crate::sync::table::pair::Pair;

/// The longest time from a transaction's `now()` until other sessions see it as open (seconds). It is microseconds of work, but
/// the process may have to wait for a processor.
const UNSEEN: f64 = 1.0;

/// Stands before an id: all transactions with smaller ids.
const BEFORE: &str = "before ";

/// The state of the source at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Now {
    /// The greatest cursor that is not ahead of the source's clock, as text; none if no row has one.
    pub greatest: Option<String>,
    /// The greatest cursor that is ahead of it by more than a minute.
    pub ahead: Option<String>,
    /// Whether the watermark is ahead of it by more than a day. Earlier versions let it get there.
    pub overtaken: bool,
    /// The limit between the two, as SQL; none for cursors that no clock gives.
    pub limit: Option<String>,
    /// The source's clock (seconds).
    pub clock: f64,
    /// The virtual ids of the open transactions; of a standby, `before` and the first id that no transaction has.
    pub open: Vec<String>,
    /// Every transaction with a smaller id has ended.
    pub oldest: i64,
    /// No transaction has this id or a greater one yet.
    pub next: i64,
}

impl Now {
    /// Looks at the source, in a transaction that sees what is committed. `read_to` is the watermark.
    ///
    /// # Errors
    /// What the server reports.
    pub fn look(reader: &mut Reader, pair: &Pair, read_to: Option<&str>) -> Result<Now> {
        let cursor = pair.followed()?;
        let limit = cursor.now(reader.clock(), reader.zone());
        let name = cursor.quoted();
        let ahead = limit.as_ref().map_or("NULL".to_owned(), |limit| {
            format!(
                "(SELECT max({name})::text FROM {} WHERE {name} > {limit} + interval '1 minute' AND {name} < 'infinity')",
                pair.source.rows()
            )
        });
        let overtaken = match (&limit, read_to) {
            (Some(limit), Some(read_to)) => {
                format!("{} > {limit} + interval '1 day'", cursor.value(read_to))
            }
            _ => "false".to_owned(),
        };
        let greatest = greatest_statement(pair, cursor, limit.as_deref());
        let sql = format!("SELECT ({greatest}), {ahead}::text, {overtaken}");
        let row = reader.client().query_one(&sql, &[]).map_err(of_source)?;
        let (greatest, ahead, overtaken) = (row.get(0), row.get(1), row.get(2));
        let row = reader.client().query_one(include_str!("open.sql"), &[]).map_err(of_source)?;
        let (clock, open) = (row.get(0), row.get(1));
        let sql = "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint \
                   FROM pg_current_snapshot() s";
        let row = reader.client().query_one(sql, &[]).map_err(of_source)?;
        Ok(Now { greatest, ahead, overtaken, limit, clock, open, oldest: row.get(0), next: row.get(1) })
    }

    /// The marks before the first snapshot, which will hold everything that is visible now.
    pub fn into_first_marks(self) -> Marks {
        Marks {
            settled: None,
            read_to: self.greatest.clone(),
            horizon: Some(self.oldest),
            pending: self.greatest.map(|to| Pending { to, since: self.clock, open: None }),
        }
    }

    /// Whether enough time has passed since `since` that every transaction of then is seen as open, or has ended.
    pub fn is_after(&self, since: f64) -> bool {
        // A clock that went back does not say how much time has passed; open transactions are found in any case.
        (self.clock - since).abs() >= UNSEEN
    }

    /// Whether the source is a standby.
    pub fn is_of_standby(&self) -> bool {
        self.open.iter().any(|id| id.starts_with(BEFORE))
    }

    /// Whether it can know of these transactions: a standby does not know the virtual ids of its primary.
    pub fn knows(&self, open: &[String]) -> bool {
        !self.is_of_standby() || open.iter().all(|id| id.starts_with(BEFORE))
    }

    /// Whether all of these transactions have ended.
    pub fn have_ended(&self, open: &[String]) -> bool {
        open.iter().all(|transaction| match transaction.strip_prefix(BEFORE) {
            Some(id) => id.parse().is_ok_and(|id: i64| id <= self.oldest),
            None => !self.open.contains(transaction),
        })
    }
}

/// The greatest cursor up to the limit that is visible, by one probe of its index.
///
/// # Errors
/// What the server reports.
pub fn greatest(reader: &mut Reader, pair: &Pair, limit: Option<&str>) -> Result<Option<String>> {
    let sql = greatest_statement(pair, pair.followed()?, limit);
    Ok(reader.client().query_one(&sql, &[]).map_err(of_source)?.get(0))
}

fn greatest_statement(pair: &Pair, cursor: &Cursor, limit: Option<&str>) -> String {
    format!(
        "SELECT max({})::text FROM {} WHERE {}",
        cursor.quoted(),
        pair.source.rows(),
        cursor.is_dated(limit)
    )
}

/// From where rows have to be read again that a transaction may write below `settled`. A clock that shows local time goes back
/// by an hour when summer time ends.
///
/// # Errors
/// What the server reports.
pub fn least_to_come(reader: &mut Reader, cursor: &Cursor, settled: &str) -> Result<String> {
    if cursor.clock != Clock::Local || cursor.type_name == "date" {
        return Ok(settled.to_owned());
    }
    let zone = reader.zone().to_owned();
    Ok(reader.client().query_one(include_str!("repeated.sql"), &[&settled, &zone]).map_err(of_source)?.get(0))
}

/// The condition of row versions that a transaction from `horizon` on has written; `next` is the first unused id. It is true
/// for all rows without a horizon, or if the horizon is so old that ids have wrapped around.
pub fn written_since(horizon: Option<i64>, next: i64) -> String {
    /// `age` tells ids apart over half of their range.
    const COMPARABLE: i64 = 2_000_000_000;
    match horizon {
        Some(horizon) if next - horizon < COMPARABLE => {
            // A row stores the lower 32 bits of the id.
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
        let now = Now {
            greatest: None,
            ahead: None,
            overtaken: false,
            limit: None,
            clock: 10.0,
            open: vec!["3/1".into()],
            oldest: 1,
            next: 2,
        };
        assert!(now.have_ended(&[]) && now.have_ended(&["4/1".into()]));
        assert!(!now.have_ended(&["4/1".into(), "3/1".into()]));
        let standby = Now { open: vec!["before 9".into()], oldest: 7, ..now.clone() };
        assert!(standby.have_ended(&["before 7".into()]) && !standby.have_ended(&["before 8".into()]));
        assert!(
            !standby.knows(&["3/1".into()])
                && standby.knows(&["before 8".into()])
                && now.knows(&["before 8".into()])
        );
        assert!(now.is_after(9.0) && now.is_after(99.0) && !now.is_after(9.5));
    }
}
