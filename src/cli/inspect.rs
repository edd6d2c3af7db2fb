//! `pghaul inspect`: its arguments, and a configuration on standard output.

use crate::Result;
use crate::exit::Exit;
use crate::ingest::inspect;
use crate::report::print;
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pghaul inspect lms_v1.zip > config.yml         keep what loads the dump
  pghaul inspect users.csv --descriptors .       also write users.json
  pghaul inspect exports/                        dumps or data files of a folder

Exit codes: 0 the configuration was printed; 1 a file cannot be read, or has no rows; 2 wrong \
usage.";

/// The arguments of `pghaul inspect`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct InspectArgs {
    /// Dumps, data files, or folders of either
    #[arg(value_name = "FILE|DIR", required = true)]
    inputs: Vec<PathBuf>,
    /// Write a descriptor into this folder for each data file that has none
    #[arg(long, value_name = "DIR")]
    descriptors: Option<PathBuf>,
}

/// Runs `pghaul inspect`.
///
/// # Errors
/// Files that cannot be read, or have no rows; descriptors or a standard output that cannot be written.
pub fn run(args: &InspectArgs) -> Result<Exit> {
    let inspection = inspect::inspect(&args.inputs)?;
    if let Some(folder) = &args.descriptors {
        for path in inspection.write_descriptors(folder)? {
            tracing::info!("wrote {}", path.display());
        }
    }
    print(&inspection.config())?;
    Ok(Exit::Loaded)
}
