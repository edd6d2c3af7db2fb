//! Clients: their connections, the checks of every request, and the paths.

mod clients;
mod cors;
mod guard;
mod gzip;
mod head;
pub mod listener;
mod request_lines;
mod routes;
mod write_timeout;
