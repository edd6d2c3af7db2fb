//! What the flags for rejects are called, which are the same for every job that has rejects.

use crate::error::{Advice, Hint};

/// The words for hints at these flags; nothing for other hints.
pub fn advice(hint: &Hint) -> Advice {
    match hint {
        Hint::RejectLimit(limit) => Advice::detail(format!(", and --max-rejects allows {limit}")),
        Hint::RejectFolder => Advice::remedy("name another folder with --rejects"),
        _ => Advice::default(),
    }
}
