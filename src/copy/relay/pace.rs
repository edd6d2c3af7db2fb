//! Pauses, so that no more rows per second are read than somebody wants to give.

use crate::Result;
use crate::run::interrupt;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest sleep between two looks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);
/// How far readers may be ahead of their time: pauses that are shorter cost more than they spare.
const AHEAD: Duration = Duration::from_millis(20);

/// What several readers together may read.
#[derive(Debug)]
pub struct Pace {
    rows_per_second: Option<NonZeroU64>,
    /// When the rows that were taken so far are due.
    due: Mutex<Instant>,
}

impl Pace {
    /// So many rows per second, or as many as there are.
    pub fn new(rows_per_second: Option<NonZeroU64>) -> Pace {
        Pace { rows_per_second, due: Mutex::new(Instant::now()) }
    }

    /// Waits until so many more rows may be taken.
    ///
    /// # Errors
    /// Ctrl-C.
    pub fn take(&self, rows: u64) -> Result<()> {
        let Some(rate) = self.rows_per_second else { return Ok(()) };
        let due = {
            let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
            // Time that was not used is not saved up.
            *due = (*due).max(Instant::now()) + Duration::from_secs_f64(rows as f64 / rate.get() as f64);
            *due
        };
        while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| *left > AHEAD) {
            interrupt::check()?;
            std::thread::sleep(left.min(POLL));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_share_the_rate() {
        let pace = Pace::new(NonZeroU64::new(1000));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..10).try_for_each(|_| pace.take(10)).unwrap());
            }
        });
        // 200 rows at 1,000 per second, but for what readers may be ahead.
        assert!(started.elapsed() >= Duration::from_millis(175), "{:?}", started.elapsed());
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let started = Instant::now();
        Pace::new(None).take(u64::MAX).unwrap();
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}
