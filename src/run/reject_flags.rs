//! The names of the flags for rejects. They are the same for every job that has rejects.

use crate::error::{Advice, Hint};

/// The words for hints about rejects; none for other hints.
pub fn advice(hint: &Hint) -> Advice {
    match hint {
        Hint::RejectLimit(limit) => Advice::detail(format!(", and --max-rejects allows {limit}")),
        Hint::RejectFolder => Advice::remedy("name another folder with --rejects"),
        _ => Advice::default(),
    }
}
