//! Flags for rows that cannot be loaded; the same for every job.

use super::numbers;
use crate::copy::rejects::limit::RejectLimit;
use crate::{Error, Result};
use clap::Args;
use std::path::PathBuf;

/// How many rows may be rejected, and the folder for them.
#[derive(Debug, Clone, Args)]
pub struct RejectArgs {
    /// Rows of a data file, batch or job that may be rejected because they cannot be loaded: a number, or a share such as 0.1%
    /// [default: 0]
    #[arg(long, value_name = "N|N%", value_parser = numbers::reject_limit)]
    pub max_rejects: Option<RejectLimit>,
    /// Folder for the rejected rows and the reasons [default: rejects]
    #[arg(long, value_name = "DIR")]
    pub rejects: Option<PathBuf>,
}

impl RejectArgs {
    /// How many rows may be rejected.
    pub fn limit(&self) -> RejectLimit {
        self.max_rejects.unwrap_or(RejectLimit::NONE)
    }

    /// Checks that there may be something to write into the folder; `has_other_use` where it may get more than rejected rows.
    ///
    /// # Errors
    /// A folder alone: who names one expects bad rows to be left out.
    pub fn check(&self, has_other_use: bool) -> Result<()> {
        match (&self.rejects, self.max_rejects) {
            (Some(_), None) if !has_other_use => {
                Err(Error::refused("--rejects names a folder for rejected rows, and none may be rejected")
                    .remedy("add --max-rejects N or N%"))
            }
            _ => Ok(()),
        }
    }
}
