//! Rows that cannot be loaded: how many are allowed, and where they are kept.

pub mod files;
pub mod limit;
pub mod lines;
pub mod places;
pub mod values;
