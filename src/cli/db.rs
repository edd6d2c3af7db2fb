//! `pghaul db`: the embedded server by hand.

use crate::Result;
use crate::exit::Exit;

/// What was typed after `pghaul db`.
#[derive(Debug, clap::Args)]
pub struct DbArgs {}

/// Runs `pghaul db`.
///
/// # Errors
/// None yet.
pub fn run(_args: DbArgs) -> Result<Exit> {
    Ok(Exit::Loaded)
}
