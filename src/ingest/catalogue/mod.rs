//! What the dumps hold: every table of every version, with its columns, before anything is written.

pub mod collisions;
pub mod names;
mod other_map;
mod ruled;
pub mod scan;
mod scanned;
