//! What every job runs in: Ctrl-C, the number of cores, memory, files that take their place when they are complete,
//! worker threads.

pub mod cores;
pub mod interrupt;
pub mod memory;
pub mod reject_flags;
pub mod unfinished;
pub mod web;
pub mod workers;
