//! `pghaul generate`: fake data, the same bytes for the same seed.
//!
//! ```text
//! seed, index ─→ random ─┬→ users ─→ chunks ─→ output: a file or a pipe; or a table
//!                        └→ dump ──→ zip files that `ingest` reads
//! ```

pub mod chunks;
pub mod dump;
pub mod like;
pub mod load;
pub mod output;
pub mod random;
pub mod text;
pub mod users;
