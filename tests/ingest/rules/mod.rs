//! Rules for columns (`columns:`): what becomes of values, and what is said of it.

mod bad;
mod faults;
mod fixed;
mod names;
mod values;
