//! The API: one exchange after the other, and never more requests than it allows.

pub mod client;
pub mod header;
pub mod limiter;
pub mod memory;
pub mod origin;
pub mod window;
