//! How long each step of a unit takes, for `-v` and for the picture of the run.

use super::timeline::{self, Running, Step};
use std::time::Instant;

/// The stopwatch of one unit. Dropping it ends the step that it is in as a failure.
pub struct Steps<'u> {
    unit: &'u str,
    /// When the first one began.
    pub started: Instant,
    since: Instant,
    running: Running,
}

impl<'u> Steps<'u> {
    /// Starts with the step `first` of `unit`.
    pub fn new(unit: &'u str, first: Step) -> Self {
        tracing::debug!("{unit}: begins");
        let now = Instant::now();
        Steps { unit, started: now, since: now, running: timeline::begin(first, unit) }
    }

    /// Goes on to the step `next`, within what is logged as one.
    pub fn go_on(&mut self, next: Step) {
        self.running.take_over_by(next, self.unit);
    }

    /// Logs the step that has ended, and starts `next`.
    pub fn done(&mut self, what: &str, next: Step) {
        self.log(what);
        self.go_on(next);
    }

    /// Logs the last step of the unit's own.
    pub fn finish(&mut self, what: &str) {
        self.log(what);
        self.running.end();
    }

    /// Logs what has ended, which the picture has of whoever has done it.
    pub fn log(&mut self, what: &str) {
        tracing::debug!("{}: {what} in {:.1} ms", self.unit, self.since.elapsed().as_secs_f64() * 1000.0);
        self.since = Instant::now();
    }
}
