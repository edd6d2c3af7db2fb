//! The archive: where dumps go when all their units are loaded.

pub mod archive;
pub mod shelve;
