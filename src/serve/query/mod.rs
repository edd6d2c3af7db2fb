//! From a request to one statement, and from its rows to one answer.

pub mod list;
pub mod requests;
pub mod row;
pub mod statement;
pub mod text;
pub mod write;
