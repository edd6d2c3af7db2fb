//! What a run has done so far: a unit for each page of each request.

use crate::report::{Done, SecondsIn, UnitReport, UnitStatus, plural, thousands};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time between two messages about the progress of a run.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What a run has done.
#[derive(Debug, Default)]
pub struct Filled {
    /// One for each page of each request, in the order of the requests.
    pub units: Vec<UnitReport>,
    /// Requests that have failed for good.
    pub failed: u64,
    /// Where the time went.
    pub seconds_in: SecondsIn,
}

impl From<Filled> for Done {
    fn from(filled: Filled) -> Done {
        Done { units: filled.units, seconds_in: Some(filled.seconds_in), ..Done::default() }
    }
}

/// Counts the units of a run, which come from all of its threads.
pub struct Tally {
    filled: Mutex<(Filled, Instant)>,
    /// Whether the progress is logged.
    logs: bool,
}

impl Tally {
    /// Nothing yet. If it `logs`, the first message comes after [`HEARTBEAT`].
    pub fn new(logs: bool) -> Tally {
        Tally { filled: Mutex::new((Filled::default(), Instant::now())), logs }
    }

    /// Adds a unit, and logs the progress from time to time. Gives the number of failed requests.
    pub fn add(&self, unit: UnitReport) -> u64 {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let (Filled { units, failed, .. }, logged_at) = &mut *filled;
        if unit.status == UnitStatus::Failed {
            *failed += 1;
        }
        units.push(unit);
        if self.logs && logged_at.elapsed() > HEARTBEAT {
            *logged_at = Instant::now();
            let rows = units.iter().map(|unit| unit.rows_loaded).sum();
            let requests = units.len() as u64;
            tracing::info!(
                "{} {}, {} rows",
                thousands(requests),
                plural(requests, "request"),
                thousands(rows)
            );
        }
        *failed
    }

    /// All units, when all threads have ended.
    pub fn finish(self) -> Filled {
        let mut filled = self.filled.into_inner().unwrap_or_else(PoisonError::into_inner).0;
        filled.units.sort_by_key(|unit| numbers_in(&unit.name));
        filled
    }
}

/// The numbers of request and page in a unit's name.
fn numbers_in(name: &str) -> (u64, u64) {
    let mut numbers = name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_in_the_order_of_requests_and_pages_and_failures_are_counted() {
        let tally = Tally::new(true);
        let unit = |name: &str, status| UnitReport::empty(name, String::new(), status);
        assert_eq!(tally.add(unit("request 10", UnitStatus::Loaded)), 0);
        assert_eq!(tally.add(unit("request 2, page 3", UnitStatus::Failed)), 1);
        assert_eq!(tally.add(unit("request 2", UnitStatus::Loaded)), 1);
        let filled = tally.finish();
        let names: Vec<&str> = filled.units.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(names, ["request 2", "request 2, page 3", "request 10"]);
        assert_eq!(filled.failed, 1);
    }
}
