//! Rows whose values are separated already: those of an API, a cache or another database.

pub mod batch;
pub mod copy;
pub mod json;
mod rejected;
