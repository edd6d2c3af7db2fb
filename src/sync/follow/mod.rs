//! Passes: what has changed at the source since the last one.

pub mod deletes;
pub mod now;
pub mod pass;
pub mod window;
