//! What every job stands on, and what depends on the server more than anything else: encoders and COPY's rules compared with
//! PostgreSQL's own, tables that jobs write to, connections, and the embedded server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connect;
mod copy_rules;
mod embedded;
mod encoders;
mod format_rules;
mod into_table;
mod shadows;
