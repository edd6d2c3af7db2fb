//! Runs that are killed: by SIGKILL at any moment, by signals, by the server, by a full disk. Nothing is ever half there.
//!
//! `PGHAUL_KILL_ROUNDS=200 cargo test --test kill` kills more often than the usual few times; `rounds::` behind it names those
//! of [`rounds`] alone. `PGHAUL_KILL_SEED` repeats the moments of a failed test.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commit;
mod drain;
mod faulty;
mod fetch;
mod ingest;
mod losses;
mod network;
mod random;
mod rounds;
mod shapes;
mod sync;

use pghaul_test_support::{Database, OTHERS};

/// Waits until no run's connection is left in the database: a server notices a dead client when it next writes to it or reads
/// from it.
#[track_caller]
fn wait_until_gone(db: &Database<'_>) {
    db.wait_until(&format!("SELECT count(*) = 0 FROM {OTHERS}"));
}
