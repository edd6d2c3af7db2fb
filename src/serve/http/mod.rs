//! Clients: how they connect, which of them may come, and which path leads where.

mod cors;
mod guard;
pub mod listener;
mod routes;
mod write_timeout;
