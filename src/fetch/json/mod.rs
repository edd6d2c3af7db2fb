//! JSON as values for filters, and values as JSON.

mod read;
mod value;
mod write;

pub use read::{Budget, parse, parse_within};
pub use value::{kind_of, text_of};
pub use write::{inside_json, push, push_number, write_json};
