//! Passes: each copies what has changed at the source since the one before.

pub mod deletes;
pub mod now;
pub mod pass;
pub mod window;
