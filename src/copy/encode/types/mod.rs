//! One file for each family of types: from the text of a field to the bytes of COPY's binary format.

pub mod boolean;
pub mod bytea;
mod calendar;
pub mod character;
mod clock;
pub mod date;
pub mod digits;
pub mod float;
pub mod inet;
pub mod integer;
pub mod interval;
pub mod numeric;
pub mod time;
pub mod timestamp;
pub mod uuid;
