//! What `drain` calls the things that errors of the engine are about. Its values are JSON, so those about data files do not
//! come up.

use crate::error::{Advice, Hint};
use crate::run::reject_flags;

/// The words for a hint.
pub fn of(hint: &Hint) -> Advice {
    match hint {
        Hint::Undone => Advice::remedy("nothing of this batch was published"),
        hint => reject_flags::advice(hint),
    }
}
