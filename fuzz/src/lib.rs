//! What several targets need, and what would make one of them too long.

#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

pub mod choices;
pub mod containers;
pub mod links;
pub mod memory;
pub mod messages;
pub mod sql;
pub mod web;
