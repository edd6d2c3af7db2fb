//! Fake data.

pub mod dump;
pub mod random;
pub mod text;
pub mod users;
