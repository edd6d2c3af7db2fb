//! Clients: their connections, the checks of every request, and the paths.

mod clients;
mod cors;
mod guard;
mod head;
pub mod listener;
mod routes;
mod write_timeout;
