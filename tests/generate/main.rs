//! `pghaul generate`: users and whole dumps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod dump;
mod into;
mod like;
mod realism;
mod users;
