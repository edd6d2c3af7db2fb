//! The tables that are served, as the catalog has them, and how they are described.

pub mod openapi;
pub mod snapshot;
pub mod state;
pub mod table;
