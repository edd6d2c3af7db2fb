//! What the project says of itself, and what its tests stand on: layers, promises, scripts, fixtures, docker-compose.yml, and the
//! servers of the tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrows;
mod compose;
mod create_database;
mod fixtures;
mod harness;
mod image;
mod layers;
mod nightly;
mod programs;
mod promises;
mod release;
mod remedies;
mod scripts;
mod service;
