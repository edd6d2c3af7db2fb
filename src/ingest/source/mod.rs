//! What a version's tables are read from.

pub mod zip;
