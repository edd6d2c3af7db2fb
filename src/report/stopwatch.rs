//! The time in which threads do something of a kind, however many of them do it at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Measures the time in which at least one thread is at work.
#[derive(Debug, Default)]
pub struct Stopwatch(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    at_work: u32,
    /// When the first of those that are at work began.
    since: Option<Instant>,
    /// The time before that.
    before: Duration,
}

/// One thread's work. Dropping it ends it.
#[derive(Debug)]
pub struct Work<'s>(&'s Stopwatch);

impl Stopwatch {
    /// Begins the work of one thread.
    pub fn begin(&self) -> Work<'_> {
        let mut state = self.state();
        if state.at_work == 0 {
            state.since = Some(Instant::now());
        }
        state.at_work += 1;
        Work(self)
    }

    /// The time so far, seconds.
    pub fn seconds(&self) -> f64 {
        let state = self.state();
        (state.before + state.since.map_or(Duration::ZERO, |since| since.elapsed())).as_secs_f64()
    }

    /// Whether a thread is at work.
    pub fn runs(&self) -> bool {
        self.state().at_work > 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.at_work -= 1;
        if state.at_work == 0
            && let Some(since) = state.since.take()
        {
            state.before += since.elapsed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_at_once_counts_once() {
        let watch = Stopwatch::default();
        let began = Instant::now();
        let (one, other) = (watch.begin(), watch.begin());
        std::thread::sleep(Duration::from_millis(20));
        drop(one);
        assert!(watch.runs() && watch.seconds() >= 0.02);
        drop(other);
        let seconds = watch.seconds();
        assert!((0.02..=began.elapsed().as_secs_f64()).contains(&seconds), "{seconds}");
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!((watch.runs(), watch.seconds()), (false, seconds));
        drop(watch.begin());
        assert!(watch.seconds() >= seconds);
    }
}
