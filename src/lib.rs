//! pghaul hauls data into PostgreSQL as fast as PostgreSQL can take it, and never leaves it half done.
//!
//! ```text
//! main → cli ┬→ ingest   ─┬→ table (what becomes visible when) → copy (the engine) → config → pg (PostgreSQL)
//!            ├→ drain    ─┤
//!            ├→ fetch    ─┤     all of them: run, report, error
//!            ├→ generate ─┤
//!            ├→ serve    ─┤
//!            └→ sync     ─┘
//! ```
//!
//! Arrows only point right; two jobs never import each other.

pub mod cli;
pub mod config;
pub mod copy;
pub mod drain;
pub mod error;
pub mod exit;
pub mod fetch;
pub mod generate;
pub mod ingest;
pub mod pg;
pub mod report;
pub mod run;
pub mod secret;
pub mod serve;
pub mod sync;
pub mod table;

pub use crate::error::{Error, Place, Result};
