//! `pghaul generate`: fake data, the same bytes for the same seed.
//!
//! ```text
//! seed, index ─→ random ─→ users ─→ chunks ─→ output
//!                numbers   a record  in order  a file, a pipe
//! ```

pub mod chunks;
pub mod output;
pub mod random;
pub mod text;
pub mod users;
