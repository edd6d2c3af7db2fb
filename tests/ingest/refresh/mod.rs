//! Loading again, beside readers and other runs.

mod additions;
mod changes;
mod together;
mod unlogged;
