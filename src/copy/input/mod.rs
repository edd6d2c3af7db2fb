//! From the bytes of a data file to rows and their fields.

pub mod batch;
pub mod charset;
pub mod date_order;
pub mod field;
pub mod format;
pub mod header;
mod masks;
pub mod open_quote;
pub mod original;
pub mod rows;
pub mod scan;
