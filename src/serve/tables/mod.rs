//! The tables that are served, as the catalog has them.

pub mod catalog;
pub mod table;
