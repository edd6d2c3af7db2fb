//! What the benchmarks have in common: they run one thing again and again on one thread, and tell how long it takes.

use std::time::{Duration, Instant};

/// Runs of each thing, besides one that warms up.
const RUNS: usize = 15;

/// What the runs of one thing took.
pub struct Times {
    median: Duration,
    fastest: Duration,
}

/// Measures `run`.
pub fn measure(mut run: impl FnMut()) -> Times {
    run();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    Times { median: times[RUNS / 2], fastest: times[0] }
}

impl Times {
    /// Nanoseconds for each of `count` things, by the median run and by the fastest.
    pub fn nanoseconds_each(&self, count: usize) -> [f64; 2] {
        self.both(|seconds| seconds * 1e9 / count as f64)
    }

    /// Millions per second of `count` things, bytes for example, by the median run and by the fastest.
    pub fn millions_per_second(&self, count: usize) -> [f64; 2] {
        self.both(|seconds| count as f64 / seconds / 1e6)
    }

    fn both(&self, figure: impl Fn(f64) -> f64) -> [f64; 2] {
        [self.median, self.fastest].map(|time| figure(time.as_secs_f64()))
    }
}

/// Whether a thing of this name is wanted: `cargo bench --bench encode NAME` runs those whose names hold NAME.
pub fn is_wanted(name: &str) -> bool {
    // Cargo adds `--bench`.
    std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .is_none_or(|part| name.contains(&part))
}
