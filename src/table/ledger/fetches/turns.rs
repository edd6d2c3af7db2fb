//! Turns of requests that several processes count together, so that all of them keep to one limit. The server's clock alone counts.

use crate::Result;
use postgres::Client;
use std::time::Duration;

/// For servers that count a window with both its ends.
const TOLERANCE: Duration = Duration::from_millis(2);

/// A limit that processes share.
#[derive(Debug, Clone)]
pub struct SharedLimit {
    /// Its name in the ledger.
    pub name: String,
    /// Requests in a window.
    pub limit: usize,
    /// The window's length.
    pub window: Duration,
    /// After this time, a request without an end has one: its process was killed.
    pub longest: Duration,
}

/// The answer to the question for a turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Taken {
    /// The turn's number.
    Turn(i64),
    /// The next one is free after this time, if no other process takes it.
    After(Duration),
}

impl SharedLimit {
    /// Takes a turn, if one is free. A turn counts until one window after its end.
    ///
    /// # Errors
    /// What the server reports.
    pub fn take(&self, client: &mut Client) -> Result<Taken> {
        let seconds = (self.window + TOLERANCE).as_secs_f64();
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let mut transaction = client.transaction()?;
        // The statement behind it sees what others have committed before.
        transaction.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('pghaul rate ' || $1, 0))",
            &[&self.name],
        )?;
        let row = transaction.query_one(
            include_str!("take_turn.sql"),
            &[&self.name, &limit, &seconds, &self.longest.as_secs_f64()],
        )?;
        let (turn, wait): (Option<i64>, Option<f64>) = (row.get(0), row.get(1));
        transaction.commit()?;
        Ok(match turn {
            Some(turn) => Taken::Turn(turn),
            None => Taken::After(Duration::try_from_secs_f64(wait.unwrap_or_default()).unwrap_or_default()),
        })
    }

    /// Ends a turn.
    ///
    /// # Errors
    /// What the server reports.
    pub fn end(&self, client: &mut Client, turn: i64) -> Result<()> {
        client.execute(
            "UPDATE pghaul.fetch_turns SET ended_at = clock_timestamp() WHERE turn = $1",
            &[&turn],
        )?;
        Ok(())
    }
}
