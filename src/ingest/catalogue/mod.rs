//! What the dumps hold: every table of every version, with its columns, before anything is written.

pub mod names;
pub mod scan;
