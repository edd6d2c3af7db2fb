//! What a run has made.

use std::time::Instant;

/// The users of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made {
    /// Their number.
    pub rows: u64,
    /// Bytes that were written or sent.
    pub bytes: u64,
    /// The time that they took, seconds.
    pub seconds: f64,
}

impl Made {
    /// The users since `started`, with the time until now.
    pub fn since(started: Instant, rows: u64, bytes: u64) -> Made {
        Made { rows, bytes, seconds: started.elapsed().as_secs_f64() }
    }
}
