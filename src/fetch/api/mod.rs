//! The API: one exchange after the other, and never more requests than it allows.

mod agents;
pub mod auth;
pub mod client;
mod coding;
pub mod header;
pub mod limiter;
pub mod memory;
pub mod origin;
pub mod window;
