//! State of all requests: settings, tables, connections, counts and rates.

pub mod metrics;
pub mod peer;
pub mod rate;
pub mod state;
pub mod turns;
