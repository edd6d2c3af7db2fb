//! A rate-limited API on 127.0.0.1, after the one that `pghaul fetch` was made for: the same answers for the same paths,
//! always. It enforces a rolling window, and counts every request that violates it. Paths under `/fault` and `/pages` go
//! wrong, or on, in all the ways that a client has to live with.

mod answers;
mod faults;
mod http;
mod pages;
mod server;
mod stats;
mod window;

pub use http::{Answer, Request};
pub use server::{MockApi, Options, Script, Throttle};
pub use stats::{CHARACTERS, ROWS, answer, character_id, request_line};
