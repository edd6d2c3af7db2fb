//! What the guards of a unit have found, in reports.

use serde::Serialize;

/// What a guard has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GuardReport {
    /// What it asks for: `rows >= 1000`.
    pub guard: String,
    /// Whether the rows are like that.
    pub status: GuardStatus,
    /// The figures.
    pub found: String,
}

/// How a guard has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardStatus {
    /// The rows are as they should be, or there is nothing to compare them with.
    Passed,
    /// They are not, and were not published.
    Refused,
    /// They are not, and were published all the same, since the user has said so.
    Accepted,
    /// They are not as usual, and were published with a warning.
    Warned,
}

impl GuardReport {
    /// The guard and its figures, as a sentence has them.
    pub fn in_words(&self) -> String {
        format!("{}: {}", self.guard, self.found)
    }
}
