//! Flags that several commands have in common.

pub mod global;
pub mod numbers;
pub mod picture;
pub mod rejects;
pub mod report;
pub mod target;
