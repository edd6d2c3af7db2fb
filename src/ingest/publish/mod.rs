//! From the rows of a unit to a version table that others see.

pub mod fill;
pub mod large;
pub mod one;
pub mod recreation;
pub mod stage;
pub mod statistics;
pub mod swap;
pub mod union;
pub mod unit_copy;
pub mod verify;
