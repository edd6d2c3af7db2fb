//! From the words of a request to one statement.

pub mod address;
pub mod body;
pub mod list;
pub mod row;
pub mod write;
