//! `pghaul generate`: what was typed.

mod dump;

use super::GlobalArgs;
use crate::Result;
use crate::exit::Exit;
use clap::Subcommand;

/// What is generated.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {
    /// Make zip dumps that `pghaul ingest` reads, of versions that drift apart
    Dump(dump::DumpArgs),
}

/// Runs `pghaul generate`.
///
/// # Errors
/// As the command that was typed.
pub fn run(command: GenerateCommand, global: &GlobalArgs) -> Result<Exit> {
    match command {
        GenerateCommand::Dump(args) => dump::run(args, global),
    }
}
