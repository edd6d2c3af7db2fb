//! What is noted about values while they are encoded, and what to say where one was refused.

mod notice;
pub mod reading;
pub mod signs;

pub use notice::{Count, Counts, Notice, NoticeCounts, Notices};
