//! The limiter: a [`Window`] with a clock, whose turns all threads wait for.

use super::window::{Turn, Window};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often waiting threads check whether the run was stopped.
const POLL: Duration = Duration::from_millis(50);

/// The limiter of a job.
pub struct Limiter {
    window: Mutex<Window>,
    changed: Condvar,
    since: Instant,
}

impl Limiter {
    /// Its clock starts now.
    pub fn new(window: Window) -> Limiter {
        Limiter { window: Mutex::new(window), changed: Condvar::new(), since: Instant::now() }
    }

    /// Waits for a turn. Gives the time of the start, for [`Limiter::end`]; none once `stopped`.
    pub fn start(&self, stopped: &dyn Fn() -> bool) -> Option<Duration> {
        let mut window = self.window();
        loop {
            if stopped() {
                return None;
            }
            let now = self.since.elapsed();
            let wait = match window.turn(now) {
                Turn::Now => return Some(now),
                Turn::At(time) => time.saturating_sub(now).min(POLL),
                Turn::AfterAnother => POLL,
            };
            window = self.changed.wait_timeout(window, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends the request that began at `started`; `answered` says whether it has a response.
    pub fn end(&self, started: Duration, answered: bool) {
        self.window().end(started, self.since.elapsed(), answered);
        self.changed.notify_one();
    }

    /// Starts no request for so long.
    pub fn pause(&self, time: Duration) {
        self.window().pause(self.since.elapsed() + time);
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
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
            assert!(second.join().unwrap() >= first + Duration::from_millis(20));
        });
        assert_eq!(limiter.start(&|| true), None);
    }
}
