//! From encoded rows to the server: one COPY, or many that share an input.

pub mod careful;
pub mod sink;
pub mod stream;
pub mod streams;
