//! The rolling window, as a server enforces it.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Counts requests by when they arrive.
#[derive(Debug)]
pub struct Window {
    limit: Option<(usize, Duration)>,
    arrivals: VecDeque<Instant>,
    /// All requests.
    pub requests: u64,
    /// Those that were too many.
    pub violations: u64,
    /// The most in any window.
    pub most: usize,
    /// When the first one came, and when the last answer was sent: seconds since 1970.
    pub times: Option<(f64, f64)>,
}

impl Window {
    /// At most so many requests in any time of this length.
    pub fn new(limit: Option<(usize, Duration)>) -> Window {
        Window { limit, arrivals: VecDeque::new(), requests: 0, violations: 0, most: 0, times: None }
    }

    /// A request has arrived; whether it is allowed.
    pub fn arrive(&mut self, now: Instant) -> bool {
        self.requests += 1;
        let time = seconds();
        self.times.get_or_insert((time, time));
        let Some((limit, length)) = self.limit else { return true };
        while self.arrivals.front().is_some_and(|arrival| now.duration_since(*arrival) >= length) {
            self.arrivals.pop_front();
        }
        if self.arrivals.len() >= limit {
            self.violations += 1;
            return false;
        }
        self.arrivals.push_back(now);
        self.most = self.most.max(self.arrivals.len());
        true
    }

    /// An answer was sent.
    pub fn answered(&mut self) {
        if let Some((_, last)) = &mut self.times {
            *last = seconds();
        }
    }
}

fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
