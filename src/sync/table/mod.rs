//! The tables of a source and a destination: their columns, keys and indexes.

pub mod choice;
pub mod cursor;
pub mod destination;
pub mod indexes;
pub mod pair;
pub mod same;
pub mod sequences;
pub mod shape;
mod widen;
