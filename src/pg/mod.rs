//! The database: connecting to it, and running one of our own.

pub mod connect;
pub mod embedded;
pub mod ident;
