//! A row of a data file that cannot be loaded, or not as it is written.

use crate::copy::input::batch::Origin;
use crate::error::{Advise, Hint};
use std::borrow::Cow;
use std::ops::Range;

/// A rejected row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where it begins in the data file.
    pub origin: Origin,
    /// Its bytes in its batch, with the line end.
    pub row: Range<usize>,
    /// The column at fault; `None` where the whole row is.
    pub column: Option<String>,
    /// What the column holds, shortened.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What that is about, if a job can say more of it.
    pub hint: Option<Hint>,
    /// Whether the row is loaded all the same, with NULL in the place of the value.
    pub is_adjusted: bool,
}

impl Reject {
    /// What is wrong, in a job's words.
    pub fn reason(&self, advise: Advise) -> Cow<'_, str> {
        match &self.hint {
            Some(hint) => format!("{}{}", self.reason, advise(hint).detail).into(),
            None => Cow::Borrowed(&self.reason),
        }
    }
}
