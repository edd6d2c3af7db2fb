//! What `fetch` calls the things that errors of the engine are about. A CSV file of requests has one form, which no key
//! changes.

use crate::error::{Advice, Hint};
use crate::run::reject_flags;

/// The words for a hint.
pub fn of(hint: &Hint) -> Advice {
    match hint {
        Hint::HeaderLine => Advice::remedy(
            "the first line names the columns; look in it for a double quote that is never closed",
        ),
        Hint::Quote => Advice::remedy("correct it"),
        Hint::MaxColumns(most) => {
            Advice { detail: format!(", and {most} are allowed"), remedy: "remove columns".to_owned() }
        }
        Hint::Encoding | Hint::Utf16 => Advice::remedy("write the file in UTF-8"),
        Hint::MaxRow => Advice::remedy("look for a double quote that is never closed"),
        Hint::RejectLimit(_) | Hint::RejectFolder => reject_flags::advice(hint),
        // What becomes of the rows before depends on the mode, and on --resume.
        Hint::ColumnType(_) => Advice::remedy("give the column a type that holds it"),
        Hint::TrailingSeparator => Advice::remedy("remove the separator at the end of the lines"),
        // It has no rules for columns.
        Hint::BadValueLimit(_)
        | Hint::ValueEncoding
        | Hint::Value(_)
        | Hint::NullMarker
        | Hint::DateOrder(_)
        | Hint::ZeroDate
        | Hint::Undone => Advice::default(),
    }
}
