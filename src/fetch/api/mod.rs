//! The API: one exchange after the other, and never more requests than it allows.

mod absolute_form;
mod agents;
pub mod auth;
pub mod client;
pub mod client_settings;
mod coding;
pub mod failure;
pub mod header;
pub mod limiter;
pub mod memory;
pub mod origin;
pub mod window;
