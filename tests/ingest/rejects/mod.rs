//! Rows that cannot be loaded.

mod generated;
mod rows;
