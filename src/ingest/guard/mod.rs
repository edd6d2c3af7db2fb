//! Guards: what the rows of a unit have to be like before others see them.
//!
//! ```text
//! check ─────────→ (load) ─→ judge ─┬→ past      rows, against what was loaded before
//! (the plan:                        ├→ columns   of the data file, against those of the last load
//!  columns, types,                  ├→ measure   NULLs, least and greatest values
//!  queries)                         └→ query     the user's queries, which cannot write
//! ```
//!
//! They are judged in the transaction that has the rows, before it takes any lock that readers wait for.

pub mod check;
mod columns;
mod judge;
pub mod measure;
mod past;
mod query;

pub use judge::{Candidate, judge, refusal};
