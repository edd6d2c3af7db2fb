//! From one server to another: the bytes of one COPY go into another as they are.

pub mod pace;
pub mod pipe;
