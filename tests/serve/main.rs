//! `pghaul serve`: its answers, what it refuses, and what it survives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aliases;
mod answers;
mod client;
mod conditions;
mod crowd;
mod filters;
mod forms;
mod hostile;
mod http;
mod injection;
mod jwt;
mod life;
mod load;
mod merges;
mod refusals;
mod safety;
mod service;
mod tokens;
mod versions;
mod writes;
