//! What a response means: rows, another try, a failure, and the next page.

pub mod filter;
pub mod json;
pub mod pages;
pub mod shape;
