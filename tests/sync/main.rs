//! `pghaul sync`: a table in one database kept the same in another.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod against;
mod changes;
mod compared;
mod cursors;
mod faults;
mod initial;
mod many;
mod parts;
mod pooler;
mod questions;
mod shapes;
mod sides;
mod standby;
mod texts;
mod whole;
