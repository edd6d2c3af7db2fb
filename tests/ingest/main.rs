//! `pghaul ingest`: what is loaded, from what, and when; what is refused; and what a run says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod after;
mod archive;
mod as_written;
mod containers;
mod dates;
mod descriptors;
mod dumps;
mod encrypted;
mod expected;
mod faults;
mod formats;
mod guards;
mod hostile;
mod inspect;
mod memory;
mod mothers;
mod names;
mod one_column;
mod original;
mod output;
mod parts;
mod refresh;
mod rejects;
mod remedies;
mod rules;
mod signs;
mod streams;
mod superseded;
mod target;
mod types;
mod values;
mod verify;
