//! The ledger: what was loaded, from what, when; in schema `pghaul` of the target database.

pub mod drains;
pub mod loads;
pub mod status;
