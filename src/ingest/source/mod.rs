//! What a version's tables are read from.

pub mod limits;
pub mod secrets;
pub mod zip;
