//! Requests for tables: from the path and the method to a statement, and from its rows to an answer.

pub mod accept;
mod body;
mod connect;
mod granted;
mod handle;
mod prefer;
mod probe;
mod table_request;

pub use handle::{Subject, handle};
