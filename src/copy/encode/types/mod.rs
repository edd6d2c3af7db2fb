//! One file for each family of types: from the text of a field to the bytes of COPY's binary format. `value.rs`, one folder
//! up, has the table of all types.
//!
//! An encoder knows the forms whose meaning is certain and which its type can hold as they are written, and says so; the
//! server is asked about all others. `parts` has what several families share.

pub mod boolean;
pub mod bytea;
pub mod character;
pub mod date;
pub mod float;
pub mod inet;
pub mod integer;
pub mod interval;
pub mod numeric;
mod parts;
pub mod styles;
pub mod time;
pub mod timestamp;
pub mod uuid;

/// What an encoder makes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The field holds the value as it is written.
    AsWritten,
    /// The field holds the value without a part of its seconds: the digits beyond microseconds.
    Cut,
    /// The encoder does not know the form, or the type cannot hold the value. Nothing was appended.
    Unknown,
}

impl Pushed {
    /// After a value that is known.
    fn cut_if(is_cut: bool) -> Self {
        if is_cut { Pushed::Cut } else { Pushed::AsWritten }
    }
}
