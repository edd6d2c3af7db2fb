//! `pghaul generate`: what was typed.

use super::GlobalArgs;
use crate::Result;
use crate::exit::Exit;
use clap::Subcommand;

/// What is generated.
#[derive(Debug, Subcommand)]
pub enum GenerateCommand {}

/// Runs `pghaul generate`.
///
/// # Errors
/// As the command that was typed.
pub fn run(command: GenerateCommand, _global: &GlobalArgs) -> Result<Exit> {
    match command {}
}
