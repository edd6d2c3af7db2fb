//! A source's and a destination's table: their columns, keys and indexes.

pub mod destination;
pub mod indexes;
pub mod pair;
pub mod shape;
