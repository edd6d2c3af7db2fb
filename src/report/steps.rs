//! How long each step of a unit takes, for `-v`.

use std::time::Instant;

/// The stopwatch of one unit.
pub struct Steps<'u> {
    unit: &'u str,
    /// When the first one began.
    pub started: Instant,
    since: Instant,
}

impl<'u> Steps<'u> {
    /// Starts with the first step of `unit`.
    pub fn new(unit: &'u str) -> Self {
        tracing::debug!("{unit}: begins");
        let now = Instant::now();
        Steps { unit, started: now, since: now }
    }

    /// Logs the step that has ended, and starts the next one.
    pub fn done(&mut self, what: &str) {
        tracing::debug!("{}: {what} in {:.1} ms", self.unit, self.since.elapsed().as_secs_f64() * 1000.0);
        self.since = Instant::now();
    }
}
