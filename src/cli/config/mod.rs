//! `pghaul config`: checks and shows the configuration, without a look at any database.

mod check;
mod hidden;
pub mod keys;
mod resolved;
mod rows;
mod show;
mod sources;

use crate::Result;
use crate::cli::flags::global::GlobalArgs;
use crate::exit::Exit;
use clap::{Args, Command, Subcommand};

const EXAMPLES: &str = "\
Examples:
  pghaul config check                          every fault, with line and column
  pghaul config show                           what counts, and its source";

/// The arguments of `pghaul config`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Find every fault of the configuration, and say where it stands; connect to nothing
    Check(check::CheckArgs),
    /// Show every setting, and whether a flag, the environment, the file or the default decides it; no secrets
    Show(show::ShowArgs),
}

/// Runs `pghaul config`, one of the commands of `root`.
///
/// # Errors
/// A configuration with faults; a standard output that cannot be written.
pub fn run(args: ConfigArgs, global: &GlobalArgs, root: Command) -> Result<Exit> {
    match args.command {
        ConfigCommand::Check(args) => check::run(&args, global),
        ConfigCommand::Show(args) => show::run(&args, global, root),
    }
}
