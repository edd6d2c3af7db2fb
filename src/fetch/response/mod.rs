//! What a response means: rows, another try, or a failure; and the next page.

pub mod apart;
pub mod filter;
pub mod shape;
