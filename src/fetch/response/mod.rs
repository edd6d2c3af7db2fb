//! What a response means: rows, another try, or a failure; and the next page.

pub mod apart;
pub mod body;
mod depth;
pub mod filter;
pub mod headers;
pub mod paging;
pub mod shape;
