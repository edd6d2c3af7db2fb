//! The database: connecting to it, running one of our own, and what is in it.

pub mod catalog;
pub mod connect;
pub mod cost;
pub mod database;
pub mod embedded;
pub mod ident;
pub mod lock;
pub mod retry;
pub mod sqlstate;
pub mod statements;
pub mod type_name;
