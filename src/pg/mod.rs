//! The database: connecting to it, running one of our own, and what is in it.

pub mod additions;
pub mod catalog;
pub mod connect;
pub mod cost;
pub mod database;
pub mod drains;
pub mod embedded;
pub mod ident;
pub mod ledger;
pub mod loads;
pub mod lock;
pub mod retry;
pub mod staging;
pub mod statements;
pub mod swap;
pub mod type_name;
pub mod upsert;
