//! Fake users: the record, and the forms that it is written in.

mod binary;
pub mod countries;
mod csv;
pub mod fields;
mod file;
mod format;
mod json;
mod made;
mod record;
pub mod settings;
mod table;
pub mod words;

pub use file::write_file;
pub use format::Format;
pub use made::Made;
pub use record::{User, Users};
pub use table::load_table;
