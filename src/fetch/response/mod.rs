//! What a response means: rows, another try, or a failure; and the next page.

pub mod apart;
mod depth;
pub mod filter;
pub mod headers;
pub mod shape;
