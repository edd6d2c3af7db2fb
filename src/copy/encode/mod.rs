//! From the fields of a data file to a row of `COPY` data: one choice per column, made before the first row.
//!
//! Where every column has an encoder of its own, rows go out in COPY's binary format, and the server has nothing left to
//! parse. An encoder does not guess: the server is asked what a value means whose form it does not know ([`questions`]).
//! Where one column's type has no encoder, all rows go out as text.
//!
//! No value is changed without a word. What a column cannot hold as it is written is refused; digits of seconds beyond
//! microseconds are cut off, and counted.
//!
//! What a user wants of the values of a column is in [`rules`]; a column without a rule takes no notice of them.
//!
//! The types with an encoder are in one table, in `value.rs`; each family of them is a file of [`types`].

pub mod batch_encoder;
pub mod binary;
mod binary_rows;
mod column;
mod encoder;
pub mod escape;
pub mod fault;
mod fit;
pub mod questions;
mod reading;
pub mod rules;
mod seconds;
mod signs;
mod text_rows;
pub mod types;
mod value;

pub use column::CopyColumn;
pub use encoder::{Encoder, RowFormat};
pub use value::ValueEncoder;
