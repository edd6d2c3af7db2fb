//! The command line itself: help, version, completions, the configuration that is checked and shown, what `status` and `-v` tell.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod completions;
mod config;
mod help;
mod history;
mod server_settings;
mod state;
mod status;
mod stranger;
mod timeline;
mod version;
