//! Waiting for what comes in its own time.

use std::time::{Duration, Instant};

/// Far more than anything takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);
/// Short beside anything that is waited for.
const POLL: Duration = Duration::from_millis(10);

/// Waits until `holds` does; panics with `what` when it never does.
#[track_caller]
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < give_up, "waited in vain: {what}");
        std::thread::sleep(POLL);
    }
}
