//! Sharing the units out among workers, and the report of each unit.

mod gathering;
mod share;
mod unit_report;
pub mod units;
mod warnings;
mod worker;
