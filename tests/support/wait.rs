//! Waiting for what comes in its own time.

use std::time::{Duration, Instant};

/// Far more than anything takes.
const PATIENCE: Duration = Duration::from_secs(100);
const POLL: Duration = Duration::from_millis(2);

/// Waits until `holds` does; panics with `what` when it never does.
#[track_caller]
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < give_up, "waited in vain: {what}");
        std::thread::sleep(POLL);
    }
}
