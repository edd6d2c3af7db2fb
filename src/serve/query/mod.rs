//! From the words of a request to one statement.

pub mod address;
mod array;
pub mod body;
pub mod list;
pub mod precondition;
pub mod row;
pub mod write;
