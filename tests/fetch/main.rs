//! `pghaul fetch` against the mock API and a real PostgreSQL: the original's case, where rows go, pages, limits, faults, and
//! runs that are killed.
//!
//! `PGHAUL_KILL_ROUNDS=100 cargo test --test fetch` kills more often than the usual few times.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod faults;
mod input;
mod kill;
mod modes;
mod network;
mod pages;
mod rate;
mod support;
