//! The tables described for programs and for people.

pub mod openapi;
pub mod page;
