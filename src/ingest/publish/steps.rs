//! The stopwatch of a unit's steps.

use std::time::Instant;

/// How long each step of a unit took, for `-v`.
pub struct Steps<'u> {
    unit: &'u str,
    /// When the first one began.
    pub started: Instant,
    since: Instant,
}

impl<'u> Steps<'u> {
    /// The first step of `unit` begins.
    pub fn new(unit: &'u str) -> Self {
        tracing::debug!("{unit}: begins");
        let now = Instant::now();
        Steps { unit, started: now, since: now }
    }

    /// One step is done, and the next begins.
    pub fn done(&mut self, what: &str) {
        tracing::debug!("{}: {what} in {:.1} ms", self.unit, self.since.elapsed().as_secs_f64() * 1000.0);
        self.since = Instant::now();
    }
}
