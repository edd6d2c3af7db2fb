//! From the words of a request to one statement.

pub mod address;
mod array;
pub mod body;
pub mod filter;
pub mod list;
mod order;
pub mod precondition;
pub mod row;
pub mod write;
