//! Flags that every command takes.

use crate::report::log::Verbosity;
use clap::Args;
use std::path::PathBuf;

/// Flags that every command takes, before or after its name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Configuration file [default: ./config.yml if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "PGHAUL_CONFIG")]
    pub config: Option<PathBuf>,
    /// Show what each worker does and how long each step takes
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Print errors and warnings only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

impl GlobalArgs {
    /// The verbosity that the flags ask for.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}
