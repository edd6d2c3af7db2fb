//! How rows become visible: tables that are filled beside, what takes the place of what, and the ledger that says so.

pub mod additions;
pub mod into;
pub mod ledger;
pub mod staging;
pub mod swap;
pub mod upsert;
