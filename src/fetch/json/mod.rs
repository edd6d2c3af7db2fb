//! JSON as values for filters, and values as JSON.

mod budget;
mod read;
pub mod tree;
mod value;
mod write;

pub use budget::Budget;
pub use read::{parse, parse_within};
pub use value::{kind_of, text_of};
pub use write::{inside_json, push, push_number, write_json};
