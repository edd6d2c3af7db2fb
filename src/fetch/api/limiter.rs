//! The limiter: a [`Window`] with a clock, whose turns all threads wait for; and a limit that processes share.

use super::failure::Failure;
use super::window::{Turn, Wait, Window};
use crate::report::stopwatch::Stopwatch;
use crate::report::timeline;
use crate::table::ledger::fetches::turns::{SharedLimit, Taken};
use postgres::Client;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often waiting threads check whether the run was stopped.
const POLL: Duration = Duration::from_millis(50);

/// The limiter of a job.
pub struct Limiter {
    window: Mutex<Window>,
    changed: Condvar,
    since: Instant,
    shared: Option<Shared>,
    waits: Stopwatch,
    ended: AtomicU64,
}

/// A limit that processes share, with the connection that counts.
struct Shared {
    limit: SharedLimit,
    client: Mutex<Client>,
}

/// A request that has begun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Started {
    at: Duration,
    /// Its turn of the shared limit.
    turn: Option<i64>,
}

impl Limiter {
    /// Its clock starts now.
    pub fn new(window: Window) -> Limiter {
        Limiter {
            window: Mutex::new(window),
            changed: Condvar::new(),
            since: Instant::now(),
            shared: None,
            waits: Stopwatch::default(),
            ended: AtomicU64::new(0),
        }
    }

    /// Counts with other processes as well, over a connection of its own.
    pub fn share(&mut self, limit: SharedLimit, client: Client) {
        self.shared = Some(Shared { limit, client: Mutex::new(client) });
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// `stopped`; a connection that is lost.
    pub fn start(&self, stopped: &dyn Fn() -> bool) -> Result<Started, Failure> {
        let turn = self.shared.as_ref().map(|shared| shared.take(stopped, &self.waits)).transpose()?;
        let mut window = self.window();
        let mut waits = None;
        loop {
            if stopped() {
                return Err(Failure::Stopped);
            }
            let now = self.since.elapsed();
            let wait = match window.turn(now) {
                Turn::Now => return Ok(Started { at: now, turn }),
                Turn::At(time) => time.saturating_sub(now).min(POLL),
                Turn::AfterAnother => POLL,
            };
            waits.get_or_insert_with(|| (self.waits.begin(), timeline::waiting()));
            window = self.changed.wait_timeout(window, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends a request; `answered` says whether it has a response.
    pub fn end(&self, started: Started, answered: bool) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.window().end(started.at, self.since.elapsed(), answered);
        self.changed.notify_one();
        if let (Some(shared), Some(turn)) = (&self.shared, started.turn) {
            shared.end(turn);
        }
    }

    /// Starts no request for so long.
    pub fn pause(&self, time: Duration) {
        self.window().pause(self.since.elapsed() + time);
    }

    /// What all requests wait for now, if they do.
    pub fn wait(&self) -> Option<Wait> {
        let wait = self.window().wait(self.since.elapsed());
        // The turns of a shared limit are counted in the database.
        let others = || (self.shared.is_some() && self.waits.runs()).then_some(Wait::Limit(None));
        wait.or_else(others)
    }

    /// How many requests have ended.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    /// The seconds in which at least one request waited for its turn.
    pub fn waited_seconds(&self) -> f64 {
        self.waits.seconds()
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, stopped: &dyn Fn() -> bool, watch: &Stopwatch) -> Result<i64, Failure> {
        let mut waits = None;
        loop {
            if stopped() {
                return Err(Failure::Stopped);
            }
            let taken = self.limit.take(&mut self.client());
            match taken.map_err(|error| {
                Failure::Never(format!("is not sent, since no turn of rate.share can be had: {error}"))
            })? {
                Taken::Turn(turn) => return Ok(turn),
                Taken::After(wait) => {
                    waits.get_or_insert_with(|| (watch.begin(), timeline::waiting()));
                    std::thread::sleep(wait.min(POLL));
                }
            }
        }
    }

    /// An end that cannot be noted comes by itself, later.
    fn end(&self, turn: i64) {
        if let Err(error) = self.limit.end(&mut self.client(), turn) {
            tracing::debug!("{error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_comes_when_another_request_has_ended() {
        let limiter = Limiter::new(Window::new(1, Duration::from_millis(20), true));
        let first = limiter.start(&|| false).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| limiter.start(&|| false).unwrap());
            limiter.end(first, true);
            assert!(second.join().unwrap().at >= first.at + Duration::from_millis(20));
        });
        assert!(matches!(limiter.start(&|| true), Err(Failure::Stopped)));
    }
}
