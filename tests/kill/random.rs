//! Random moments, and how often there are to be some.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often something is killed; a test has a short form of a few rounds.
pub fn rounds(short: u32) -> u32 {
    std::env::var("PGHAUL_KILL_ROUNDS").map_or(short, |rounds| rounds.parse().unwrap())
}

/// A generator without quality (Knuth's MMIX constants): moments must only differ.
pub struct Random {
    state: u64,
    is_first: bool,
}

/// The first moment is early, so that at least one of few comes before the end.
const FIRST_SHARE: f64 = 0.15;

impl Random {
    /// Begins with `PGHAUL_KILL_SEED`, else with the time; prints it, for who sees a failed test.
    pub fn new() -> Random {
        let seed = std::env::var("PGHAUL_KILL_SEED").map_or_else(
            |_| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64,
            |seed| seed.parse().unwrap(),
        );
        println!("PGHAUL_KILL_SEED={seed}");
        Random { state: seed, is_first: true }
    }

    /// Between 0 and 1.
    pub fn share(&mut self) -> f64 {
        if std::mem::take(&mut self.is_first) {
            return FIRST_SHARE;
        }
        self.state = self.state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A moment of `whole`.
    pub fn moment(&mut self, whole: Duration) -> Duration {
        whole.mul_f64(self.share())
    }
}
