//! Sharing the units out among workers, and what is told of each.

mod gathering;
mod share;
mod unit_report;
pub mod units;
mod worker;
