//! The rolling window, as a server enforces it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

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
}

impl Window {
    /// At most so many requests in any time of this length.
    pub fn new(limit: Option<(usize, Duration)>) -> Window {
        Window { limit, arrivals: VecDeque::new(), requests: 0, violations: 0, most: 0 }
    }

    /// A request has arrived; whether it is allowed.
    pub fn arrive(&mut self, now: Instant) -> bool {
        self.requests += 1;
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
}
