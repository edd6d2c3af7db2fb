//! The database, as the service uses it: connections, statements, and rows on their way to a client.

pub mod connection;
pub mod manager;
pub mod pool;
pub mod rows;
pub mod statement;
pub mod watch;
