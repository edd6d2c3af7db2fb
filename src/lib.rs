//! pghaul hauls data into PostgreSQL as fast as PostgreSQL can take it, and never leaves it half done.
//!
//! ```text
//! main → cli ┬→ ingest   ─┬→ copy (the engine) ─→ pg (the database) ─→ report, error, config
//!            ├→ drain    ─┤
//!            ├→ fetch    ─┤
//!            ├→ generate ─┤
//!            ├→ serve    ─┤
//!            └→ sync     ─┘
//! ```
//!
//! Arrows only point right; two jobs never import each other.

pub mod cli;
pub mod config;
pub mod copy;
mod cores;
pub mod drain;
pub mod error;
pub mod exit;
pub mod fetch;
pub mod generate;
pub mod ingest;
pub mod interrupt;
pub mod pg;
pub mod report;
pub mod secret;
pub mod serve;
pub mod sync;
mod unfinished;
mod version;

pub use error::{Error, Place, Result};
