//! What all requests share: settings, tables, connections, counts and rates.

pub mod metrics;
pub mod rate;
pub mod state;
