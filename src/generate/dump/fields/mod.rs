//! The fields of rows: what those of one row have in common, and how each is written.
//!
//! ```text
//! countries, moments, words ─→ facts (of a row) ─→ values (of a field)
//! ```

pub mod countries;
pub mod facts;
pub mod moments;
pub mod values;
pub mod words;
