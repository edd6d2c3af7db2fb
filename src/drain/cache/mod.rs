//! The cache: what a Redis, or the gateway in front of it, has of each replica.

pub mod address;
pub mod connection;
pub mod gateway;
pub mod keys;
pub mod meta;
pub mod pages;
pub mod registry;
pub mod rejected;
pub mod source;
pub mod take;
