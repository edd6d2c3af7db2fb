//! Sharing the units out among workers, and what is told of each.

pub mod all;
pub mod gathering;
pub mod share;
pub mod worker;
