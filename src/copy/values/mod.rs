//! Rows whose values are separated already: what an API, a cache or another database gives.

pub mod batch;
pub mod copy;
pub mod json;
