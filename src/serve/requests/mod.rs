//! Requests for tables: from the path and the method to a statement, and from its rows to an answer.

mod body;
mod granted;
mod handle;
mod prefer;
mod probe;
mod table_request;

pub use handle::{Subject, handle};
