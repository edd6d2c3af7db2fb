//! Values of settings: what happens to deleted rows, how many there may be, and how a table is kept the same.

use crate::config::SyncModeCfg as ModeCfg;
use crate::copy::rejects::limit::RejectLimit;
use std::fmt;

/// What happens to rows that were deleted at the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletes {
    /// They are deleted at the destination.
    Hard,
    /// A column of the destination gets the time at which the deletion was found.
    Soft,
}

/// How a table is kept the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the cursor, if there is one; else whole.
    #[default]
    Auto,
    /// Its changes are followed, by the cursor.
    Cursor,
    /// It is loaded again where it has changed, and takes the place of the old one.
    Full,
}

impl Mode {
    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Cursor => "cursor",
            Mode::Full => "full",
        }
    }
}

/// How many rows a pass may delete or mark; by default a tenth of the destination's, and a hundred in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MaxDeletes(Option<RejectLimit>);

/// The share of rows that may be gone: more look like a fault at the source.
const DEFAULT_SHARE: RejectLimit = RejectLimit::Share(100_000);
/// So many rows may always be gone, since a share of a small table is nothing.
const DEFAULT_ROWS: u64 = 100;

impl MaxDeletes {
    /// This limit, or the default.
    pub fn new(limit: Option<RejectLimit>) -> MaxDeletes {
        MaxDeletes(limit)
    }

    /// Whether `gone` of the destination's `rows` are not too many.
    pub fn allows(self, gone: u64, rows: u64) -> bool {
        match self.0 {
            Some(limit) => limit.allows(gone, rows),
            None => gone <= DEFAULT_ROWS || DEFAULT_SHARE.allows(gone, rows),
        }
    }
}

impl fmt::Display for MaxDeletes {
    /// As it can be typed, but for the default.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => limit.fmt(f),
            None => write!(f, "{DEFAULT_SHARE}, at least {DEFAULT_ROWS}"),
        }
    }
}

impl From<ModeCfg> for Mode {
    fn from(mode: ModeCfg) -> Mode {
        match mode {
            ModeCfg::Auto => Mode::Auto,
            ModeCfg::Cursor => Mode::Cursor,
            ModeCfg::Full => Mode::Full,
        }
    }
}
