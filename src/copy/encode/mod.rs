//! From the fields of a data file to a row of `COPY` data: one choice per column, made before the first row.
//!
//! Where every column has an encoder of its own, rows go out in COPY's binary format, and the server has nothing left to
//! parse. An encoder does not guess: the server is asked what a value means whose form it does not know. Where one column's
//! type has no encoder, all rows go out as text.
//!
//! The types with an encoder are in one table, in `value.rs`; each family of them is a file of [`types`].

pub mod batch_encoder;
pub mod binary;
mod binary_rows;
mod column;
mod encoder;
mod escape;
pub mod fault;
pub mod notices;
pub mod null_if;
mod reading;
pub mod resolve;
mod signs;
mod text_rows;
pub mod types;
mod value;

pub use column::CopyColumn;
pub use encoder::{Encoder, RowFormat};
