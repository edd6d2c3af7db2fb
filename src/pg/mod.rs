//! PostgreSQL alone: connecting to it, running a server of our own, and what a database holds. Nothing here knows dumps,
//! mother tables, the ledger or the configuration.

pub mod awake;
pub mod catalog;
pub mod connect;
pub mod cost;
pub mod database;
pub mod embedded;
pub mod ident;
pub mod limits;
pub mod lock;
pub mod path;
pub mod retry;
pub mod sqlstate;
pub mod statements;
pub mod trust;
pub mod type_name;
