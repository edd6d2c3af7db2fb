//! How rows become visible: tables that are filled beside the visible ones, the swap of one table for another, and the
//! ledger of what was loaded.

pub mod additions;
pub mod into;
pub mod ledger;
pub mod staging;
pub mod swap;
pub mod upsert;
