//! What is wrong with a run: each fault has its message, its place, and what helps.

mod config;
mod data;
mod database;
mod descriptor;
mod dump;
mod mixups;
