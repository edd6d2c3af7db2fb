//! One file for each family of types: from the text of a field to the bytes of COPY's binary format. `value.rs`, one folder
//! up, has the table of all types.
//!
//! An encoder knows the forms whose meaning is certain, and returns false for all others; the server is asked about those.
//! `parts` has what several families share.

pub mod boolean;
pub mod bytea;
pub mod character;
pub mod date;
pub mod float;
pub mod inet;
pub mod integer;
pub mod interval;
pub mod numeric;
mod parts;
pub mod styles;
pub mod time;
pub mod timestamp;
pub mod uuid;
