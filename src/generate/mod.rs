//! Fake data.
pub mod random;
pub mod text;
pub mod users;
