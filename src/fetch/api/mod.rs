//! The API: one exchange after the other, and never more than it allows.

pub mod client;
pub mod limiter;
