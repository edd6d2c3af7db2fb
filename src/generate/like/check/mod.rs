//! Checks: what a `CHECK` asks of single columns, as far as it is understood.

mod parse;
mod rules;

pub use rules::{Rule, rules};
