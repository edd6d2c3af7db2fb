//! What a response means: rows, another try, or a failure; and the next page.

pub mod apart;
pub mod body;
mod depth;
pub mod filter;
pub mod headers;
mod input;
mod job_filter;
mod next_named;
pub mod paging;
mod quick;
mod rows;
pub mod shape;
