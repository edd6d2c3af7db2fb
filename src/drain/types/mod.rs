//! Which types the values of new columns need.

pub mod forms;
pub mod jsonb;
pub mod learn;
pub mod numbers;
pub mod value;
