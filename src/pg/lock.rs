//! Waiting for locks in such a way that Ctrl-C is heard and that readers get past.

use super::ident::Qualified;
use super::sqlstate::SqlState;
use crate::Result;
use crate::run::interrupt;
use postgres::{Client, Transaction};
use std::time::{Duration, Instant};

/// How often an advisory lock is asked for again.
const POLL: Duration = Duration::from_millis(100);
/// How long a table's lock is waited for at first; each further time twice as long, so that a busy table's turn
/// comes. Less than PostgreSQL's `deadlock_timeout` (1 s), after which someone who waits for us would be ended.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest single wait: those who queue behind us wait as long.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// How long a turn may wait in all. Those who queue behind its first lock look for deadlocks when they have waited for 1 s
/// (`deadlock_timeout`), and end themselves if they hold what the turn waits for.
const TURN: Duration = Duration::from_millis(900);
/// With less than this left of it, a turn does not wait any more.
const LEAST_WAIT: Duration = Duration::from_millis(50);
/// How long an ANALYZE waits for a VACUUM or the building of an index; it can be done without.
const ANALYZE_WAIT: Duration = Duration::from_secs(10);
/// Those who queued behind us run in between.
const PAUSE: Duration = Duration::from_millis(100);

/// The mode in which `INHERIT` locks a mother; no two have it, and readers do not mind.
pub const AGAINST_PUBLICATIONS: &str = "SHARE UPDATE EXCLUSIVE";

/// The mode of a lock that keeps readers out.
const EXCLUSIVE: &str = "ACCESS EXCLUSIVE";

/// The advisory locks of pghaul have names; their keys are hashes of them.
const KEY: &str = "hashtextextended('pghaul: ' || $1, 0)";

/// Does `work` while everyone else who asks for the lock `name` waits. The lock is the session's, since a type that
/// the server does not know would end a transaction; it goes with the connection when `work` fails.
///
/// # Errors
/// What the server or `work` reports; Ctrl-C.
pub fn exclusively<T>(
    client: &mut Client,
    name: &str,
    work: impl FnOnce(&mut Client) -> Result<T>,
) -> Result<T> {
    until_disconnect(client, name)?;
    let done = work(client)?;
    release(client, name)?;
    Ok(done)
}

/// Gives the advisory lock `name` back, which the session holds.
///
/// # Errors
/// What the server reports.
pub fn release(client: &mut Client, name: &str) -> Result<()> {
    client.execute(&format!("SELECT pg_advisory_unlock({KEY})"), &[&name])?;
    Ok(())
}

/// Waits for the advisory lock `name`, which the session holds until it ends.
///
/// # Errors
/// What the server reports; Ctrl-C.
pub fn until_disconnect(client: &mut Client, name: &str) -> Result<()> {
    let sql = format!("SELECT pg_try_advisory_lock({KEY})");
    wait_for(name, || Ok(client.query_one(&sql, &[&name])?.get(0)))
}

/// Waits for the advisory lock `name`, which the transaction holds until it ends.
///
/// # Errors
/// What the server reports; Ctrl-C.
pub fn until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<()> {
    wait_for(name, || try_until_commit(transaction, name))
}

/// As [`until_commit`], beside others who ask for it in this way.
///
/// # Errors
/// As there.
pub fn shared_until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<()> {
    wait_for(name, || try_shared_until_commit(transaction, name))
}

/// Takes the advisory lock `name` if nobody has it; tells whether it did.
///
/// # Errors
/// What the server reports.
pub fn try_until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<bool> {
    let sql = format!("SELECT pg_try_advisory_xact_lock({KEY})");
    Ok(transaction.query_one(&sql, &[&name])?.get(0))
}

/// As [`try_until_commit`], beside others who ask for it in this way.
///
/// # Errors
/// As there.
pub fn try_shared_until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<bool> {
    let sql = format!("SELECT pg_try_advisory_xact_lock_shared({KEY})");
    Ok(transaction.query_one(&sql, &[&name])?.get(0))
}

fn wait_for(name: &str, mut ask: impl FnMut() -> Result<bool>) -> Result<()> {
    let mut told = false;
    while !ask()? {
        if !told {
            tracing::warn!("another pghaul is at work on {name}; waiting for it");
            told = true;
        }
        interrupt::check()?;
        std::thread::sleep(POLL);
    }
    Ok(())
}

/// Executes statements that lock the tables `used`, in tries of limited length, for at most `patience` in all; between tries
/// nothing of them is held.
///
/// # Errors
/// [`SqlState::LockTimeout`] when patience has ended; what the server reports; Ctrl-C. The transaction has failed then.
pub fn patiently(
    transaction: &mut Transaction<'_>,
    patience: Duration,
    used: &str,
    statements: &str,
) -> Result<()> {
    patiently_do(transaction, patience, used, |attempt| Ok(attempt.batch_execute(statements)?))
}

/// As [`patiently`], for `work` that executes the statements itself, and is asked again for each try.
///
/// # Errors
/// As there, and what `work` reports.
pub fn patiently_do(
    transaction: &mut Transaction<'_>,
    patience: Duration,
    used: &str,
    mut work: impl FnMut(&mut Transaction<'_>) -> Result<()>,
) -> Result<()> {
    let started = Instant::now();
    let mut wait = FIRST_WAIT;
    loop {
        let mut attempt = transaction.transaction()?;
        attempt.batch_execute(&set_timeout(wait))?;
        let error = match work(&mut attempt) {
            Ok(()) => {
                attempt.batch_execute("SET LOCAL lock_timeout = 0")?;
                return Ok(attempt.commit()?);
            }
            Err(error) => error,
        };
        if SqlState::from(&error) != SqlState::LockTimeout || started.elapsed() >= patience {
            return Err(error);
        }
        attempt.rollback()?;
        interrupt::check()?;
        if wait == FIRST_WAIT {
            tracing::info!("waiting for those who use {used}");
        }
        std::thread::sleep(PAUSE);
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Several locks, one after the other: only the first is waited for in earnest. Its users may hold the others, and wait behind
/// us for the first.
#[derive(Debug)]
pub struct Turn(Instant);

impl Turn {
    /// The first lock will be asked for now.
    pub fn begin() -> Turn {
        Turn(Instant::now())
    }

    /// Limits the statements that follow, which lock something as another thing than the first.
    ///
    /// # Errors
    /// What the server reports.
    pub fn limit(&self, attempt: &mut Transaction<'_>) -> Result<()> {
        let rest = TURN.saturating_sub(self.0.elapsed());
        Ok(attempt.batch_execute(&set_timeout(rest.max(LEAST_WAIT)))?)
    }

    /// Locks tables, without their children, so that nobody reads them; `is_first` if nothing is locked yet.
    ///
    /// # Errors
    /// As [`Turn::lock`].
    pub fn lock_out<'t>(
        &self,
        attempt: &mut Transaction<'_>,
        mut is_first: bool,
        tables: impl IntoIterator<Item = &'t Qualified>,
    ) -> Result<()> {
        for table in tables {
            if is_first {
                attempt.batch_execute(&format!("LOCK TABLE ONLY {table} IN {EXCLUSIVE} MODE"))?;
                is_first = false;
            } else {
                self.lock(attempt, table, EXCLUSIVE)?;
            }
        }
        Ok(())
    }

    /// Locks a table, without its children, as another one than the first.
    ///
    /// # Errors
    /// [`SqlState::LockTimeout`]; what the server reports.
    pub fn lock(&self, attempt: &mut Transaction<'_>, table: &Qualified, mode: &str) -> Result<()> {
        let rest = TURN.saturating_sub(self.0.elapsed());
        let nowait = if rest < LEAST_WAIT { " NOWAIT" } else { "" };
        Ok(attempt.batch_execute(&format!(
            "{}; LOCK TABLE ONLY {table} IN {mode} MODE{nowait}; {}",
            set_timeout(rest.max(LEAST_WAIT)),
            set_timeout(FIRST_WAIT)
        ))?)
    }
}

/// Collects statistics of a table (its name in SQL, with ONLY or without), if that needs no long wait.
///
/// # Errors
/// [`SqlState::LockTimeout`] after that wait; what the server reports.
pub fn analyze(client: &mut Client, table: &str) -> Result<()> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(&format!("{}; ANALYZE {table}", set_timeout(ANALYZE_WAIT)))?;
    Ok(transaction.commit()?)
}

/// The statement that limits how long locks are waited for.
fn set_timeout(wait: Duration) -> String {
    format!("SET LOCAL lock_timeout = {}", wait.as_millis())
}
