//! From the rows of a unit to a version table that others see.

mod begin;
pub mod changes;
mod fill;
pub mod load_unit;
pub mod mother_lock;
pub mod publication;
pub mod recreation;
mod removal;
pub mod staged;
pub mod statistics;
mod unit_copy;
mod verify;
mod widening;
