//! Clients: who may come, how much they may ask for, and what they are answered.

pub mod answer;
pub mod body;
pub mod cors;
pub mod failure;
pub mod guard;
pub mod listener;
pub mod metrics;
pub mod patience;
pub mod problem;
pub mod rate;
pub mod routes;
