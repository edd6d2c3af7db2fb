//! The types that new columns need for their values.

pub mod forms;
pub mod jsonb;
pub mod judge;
pub mod learn;
pub mod numbers;
pub mod value;
