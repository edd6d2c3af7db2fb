//! Locks of tables, and advisory locks. While pghaul waits for one, it hears Ctrl-C, and lets readers pass.

use super::ident::Qualified;
use super::limits::{self, Until};
use super::sqlstate::SqlState;
use crate::Result;
use crate::report::timeline::{self, Running, Step};
use crate::run::interrupt;
use postgres::{Client, Transaction};
use std::time::{Duration, Instant};

/// How often an advisory lock is asked for again.
const POLL: Duration = Duration::from_millis(100);
/// How long the first try waits for a table's lock. Each further try waits twice as long, so the turn of a busy table comes.
/// It is less than PostgreSQL's `deadlock_timeout` (1 s), after which the server would end a session that waits for us.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest single wait. Sessions that queue behind us wait as long.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// How long a turn may wait in all. A session that queues behind its first lock looks for a deadlock when it has waited for
/// 1 s (`deadlock_timeout`), and ends itself if it holds what the turn waits for.
const TURN: Duration = Duration::from_millis(900);
/// With less than this left, a turn waits no more.
const LEAST_WAIT: Duration = Duration::from_millis(50);
/// How long an ANALYZE waits for a VACUUM or for an index that is being built. A load can do without its statistics.
const ANALYZE_WAIT: Duration = Duration::from_secs(10);
/// The pause between two tries, in which the sessions run that queued behind us.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client may be silent in a transaction that may hold locks against readers. The server ends it then.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
/// After 25 s, the server ends such a transaction if its client's machine has gone. Shorter times of the administrator's stay.
const KEEPALIVES: &str = "SELECT set_config(name, least(current_setting(name)::int, ours)::text, true) \
    FROM (VALUES ('tcp_keepalives_idle', 10), ('tcp_keepalives_interval', 5)) AS wanted (name, ours)";

/// The mode in which `ALTER TABLE … INHERIT` locks the parent. One session at a time has it; it does not stop readers.
pub const AGAINST_PUBLICATIONS: &str = "SHARE UPDATE EXCLUSIVE";

/// The mode of a lock that stops readers too.
const EXCLUSIVE: &str = "ACCESS EXCLUSIVE";

/// The advisory locks of pghaul have names. The key of one is a hash of its name.
const KEY: &str = "hashtextextended('pghaul: ' || $1, 0)";

/// Does `work` under the advisory lock `name`; other sessions that ask for it wait. The session holds the lock and not a
/// transaction, since an error of the server ends a transaction, for example about a type that it does not know. Where
/// `work` fails, the lock is held until the connection is closed.
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

/// Releases the advisory lock `name` of this session.
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

/// As [`until_commit`], shared with the sessions that ask for it in this way.
///
/// # Errors
/// As there.
pub fn shared_until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<()> {
    wait_for(name, || try_shared_until_commit(transaction, name))
}

/// Takes the advisory lock `name` if it is free, and says whether it did. The transaction holds it until it ends.
///
/// # Errors
/// What the server reports.
pub fn try_until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<bool> {
    let sql = format!("SELECT pg_try_advisory_xact_lock({KEY})");
    Ok(transaction.query_one(&sql, &[&name])?.get(0))
}

/// As [`try_until_commit`], shared with the sessions that ask for it in this way.
///
/// # Errors
/// As there.
pub fn try_shared_until_commit(transaction: &mut Transaction<'_>, name: &str) -> Result<bool> {
    let sql = format!("SELECT pg_try_advisory_xact_lock_shared({KEY})");
    Ok(transaction.query_one(&sql, &[&name])?.get(0))
}

fn wait_for(name: &str, mut ask: impl FnMut() -> Result<bool>) -> Result<()> {
    let mut waiting = None;
    while !ask()? {
        waiting.get_or_insert_with(|| {
            tracing::warn!("another pghaul is at work on {name}; waiting for it");
            timeline::begin(Step::Wait, name)
        });
        interrupt::check()?;
        std::thread::sleep(POLL);
    }
    waiting.iter_mut().for_each(Running::end);
    Ok(())
}

/// Executes statements that lock the tables `used`, in tries of limited length, for at most `patience` in all. Between two
/// tries none of their locks is held.
///
/// # Errors
/// [`SqlState::LockTimeout`] when `patience` has passed; what the server reports; Ctrl-C. The transaction has failed then.
pub fn execute_in_tries(
    transaction: &mut Transaction<'_>,
    patience: Duration,
    used: &str,
    statements: &str,
) -> Result<()> {
    lock_in_tries(transaction, patience, used, |attempt| Ok(attempt.batch_execute(statements)?))
}

/// As [`execute_in_tries`]; `work` executes the statements, and is called once for each try.
///
/// # Errors
/// As there, and what `work` reports.
pub fn lock_in_tries(
    transaction: &mut Transaction<'_>,
    patience: Duration,
    used: &str,
    mut work: impl FnMut(&mut Transaction<'_>) -> Result<()>,
) -> Result<()> {
    let started = Instant::now();
    let limit_silence =
        limits::shorten("idle_in_transaction_session_timeout", LONGEST_SILENCE, Until::Commit);
    let mut wait = FIRST_WAIT;
    loop {
        let mut attempt = transaction.transaction()?;
        attempt.batch_execute(&format!("{}; {limit_silence}; {KEEPALIVES}", set_timeout(wait)))?;
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

/// Several locks, one after the other. Only the first is waited for at length: its users may hold the others, while they wait
/// behind us for the first.
#[derive(Debug)]
pub struct Turn(Instant);

impl Turn {
    /// A turn whose first lock is asked for now.
    pub fn begin() -> Turn {
        Turn(Instant::now())
    }

    /// Limits how long the next statements wait; they take locks after the first one.
    ///
    /// # Errors
    /// What the server reports.
    pub fn limit(&self, attempt: &mut Transaction<'_>) -> Result<()> {
        let rest = TURN.saturating_sub(self.0.elapsed());
        Ok(attempt.batch_execute(&set_timeout(rest.max(LEAST_WAIT)))?)
    }

    /// Locks tables against readers and writers, without their children; `is_first` if the turn holds no lock yet.
    ///
    /// # Errors
    /// As [`Turn::lock`].
    pub fn lock_against_readers<'t>(
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

    /// Locks a table after the first one, without its children.
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

/// Collects statistics of a table, unless that takes a long wait.
///
/// # Errors
/// [`SqlState::LockTimeout`] after 10 s of waiting; what the server reports.
pub fn analyze(client: &mut Client, table: &Qualified) -> Result<()> {
    analyze_named(client, table, "")
}

/// As [`analyze`], but not each table that inherits from it by itself as well (PostgreSQL 18 and newer, `ANALYZE ONLY`).
///
/// # Errors
/// As there.
pub fn analyze_only(client: &mut Client, table: &Qualified) -> Result<()> {
    analyze_named(client, table, "ONLY ")
}

fn analyze_named(client: &mut Client, table: &Qualified, only: &str) -> Result<()> {
    timeline::during(Step::Analyze, table.name(), || {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(&format!("{}; ANALYZE {only}{table}", set_timeout(ANALYZE_WAIT)))?;
        Ok(transaction.commit()?)
    })
}

/// As [`analyze`], of a table whose rows are there without statistics, too: a failure is a warning.
pub fn analyze_or_warn(client: &mut Client, table: &Qualified) {
    if let Err(error) = analyze(client, table) {
        tracing::warn!("cannot analyze {table}: {error}");
    }
}

/// The statement that limits how long locks are waited for.
fn set_timeout(wait: Duration) -> String {
    format!("SET LOCAL lock_timeout = {}", wait.as_millis())
}
