//! Fake users: the record, and the forms that it is written in.

mod csv;
mod fields;
mod format;
mod json;
mod record;
mod words;

pub use format::Format;
pub use record::{User, Users};
