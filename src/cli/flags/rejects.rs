//! Flags for rows that cannot be loaded; the same for every job.

use super::numbers;
use crate::copy::rejects::limit::RejectLimit;
use clap::Args;
use std::path::PathBuf;

/// How many rows may be rejected, and the folder for them.
#[derive(Debug, Clone, Args)]
pub struct RejectArgs {
    /// Rows of a data file, batch or job that may be rejected because they cannot be loaded: a number, or a share such as 0.1%
    #[arg(long, value_name = "N|N%", value_parser = numbers::reject_limit, default_value = "0")]
    pub max_rejects: RejectLimit,
    /// Folder for the rejected rows and the reasons [default: rejects]
    #[arg(long, value_name = "DIR")]
    pub rejects: Option<PathBuf>,
}
