//! `pghaul fetch` against the mock API and a real PostgreSQL: the original's case, where rows go, pages, limits, and faults.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod auth;
mod ends;
mod faults;
mod input;
mod limits;
mod modes;
mod neighbours;
mod network;
mod pages;
mod rate;
mod report;
mod responses;
mod script;
mod sent;
mod since;
