//! Verification: what was parsed and sent, compared with what the server holds.
//!
//! ```text
//! batch ─→ encode ─→ COPY ─→ table ─→ COPY TO ─→ held ──→ digest ─┐
//!             └─→ watch ─────────────────────────────────→ digest ─┴─→ equal?
//!                   └─→ sample ─→ the server's input functions ─→ equal?
//! ```
//!
//! Both digests hold the number of rows, and for each column its NULLs and a sum of the hashes of its values, in their
//! binary form. If they are equal, nothing was lost, doubled, changed or put into another column or row between the encoder
//! and a query. They would also be equal if an encoder were wrong. So a sample of the rows, about one in 100, goes through
//! the server's own input functions once more, and must become the same. If rows go out as text, the server reads every
//! value, and the encoders check it; values of types without an encoder, and `jsonb`, go through the input functions a
//! second time.
//!
//! This does not prove that fields were split and decoded correctly, since both sides begin with them.

pub mod comparable;
pub mod digest;
pub mod gathered;
pub mod held;
pub mod mistake;
pub mod sample;
pub mod verification;
pub mod watch;

pub use verification::{Unsent, Verification};
pub use watch::{SentRows, Watch};
