//! `pghaul drain` against a real Redis and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cluster;
mod columns;
mod connect;
mod faults;
mod full;
mod gate;
mod gateway;
mod gone;
mod held;
mod rows;
mod watch;
