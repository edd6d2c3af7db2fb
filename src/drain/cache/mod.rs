//! The cache: the replicas of a Redis, or of the gateway in front of it, and their rows.

pub mod address;
pub mod connection;
pub mod gateway;
pub mod gateway_rows;
pub mod keys;
pub mod meta;
pub mod pages;
pub mod registry;
pub mod rejected;
mod slots;
pub mod take;
