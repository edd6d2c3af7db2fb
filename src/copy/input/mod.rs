//! From the bytes of a data file to rows and their fields.

pub mod batch;
pub mod charset;
mod code_page;
pub mod date_order;
pub mod field;
pub mod format;
pub mod header;
pub mod line_end;
pub mod open_quote;
pub mod original;
pub mod part;
pub mod rows;
pub mod scan;
pub mod token;
