//! The ledger: what was loaded, from what, when. It is the schema `pghaul` of the target database, and a row of it is
//! written in the transaction that publishes what the row tells of.

pub mod drains;
pub mod fetches;
pub mod loads;
pub mod runs;
pub mod setup;

/// The ledger's schema.
pub const SCHEMA: &str = "pghaul";

/// A count as PostgreSQL's `bigint`, which ends at half of what a `u64` can hold.
fn bigint(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
