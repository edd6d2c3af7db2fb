//! Pauses that keep readers of a source below a number of rows per second.

use crate::Result;
use crate::run::interrupt;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest sleep between two looks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);
/// How far readers may be ahead of their time: shorter pauses cost more than they spare.
const AHEAD: Duration = Duration::from_millis(20);

/// The rate that several readers share.
#[derive(Debug)]
pub struct Pace {
    rows_per_second: Option<NonZeroU64>,
    /// The time at which the rows that were taken so far are due.
    due: Mutex<Instant>,
}

impl Pace {
    /// So many rows per second; without a limit for `None`.
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
            // Unused time is not saved up.
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
        // 200 rows at 1,000 per second, less the time that readers may be ahead.
        assert!(started.elapsed() >= Duration::from_millis(175), "{:?}", started.elapsed());
    }

    #[test]
    fn without_a_rate_no_reader_waits() {
        let started = Instant::now();
        Pace::new(None).take(u64::MAX).unwrap();
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}
