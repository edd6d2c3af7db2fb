//! `pghaul generate`: its arguments.

mod dump;
mod like;
mod users;

use crate::Result;
use crate::cli::flags::global::GlobalArgs;
use crate::exit::Exit;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "\
Examples:
  pghaul generate users --count 1000000 --out users.csv
  pghaul generate dump --out dumps --versions v1,v2,v3 --rows 100000
  pghaul generate like users --from postgresql://a/shop --rows 1000 --out fake";

/// The arguments of `pghaul generate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct GenerateArgs {
    #[command(subcommand)]
    command: GenerateCommand,
}

#[derive(Debug, Subcommand)]
enum GenerateCommand {
    /// Make fake users: a file, a stream, or a table
    Users(users::UsersArgs),
    /// Make zip dumps that `pghaul ingest` reads, of versions that drift apart
    Dump(dump::DumpArgs),
    /// Make rows for tables that exist, by their catalog and statistics: into a database, or a dump
    Like(like::LikeArgs),
}

/// Runs `pghaul generate`.
///
/// # Errors
/// As the command that was typed.
pub fn run(args: GenerateArgs, global: &GlobalArgs) -> Result<Exit> {
    match args.command {
        GenerateCommand::Users(args) => users::run(&args, global),
        GenerateCommand::Dump(args) => dump::run(&args, global),
        GenerateCommand::Like(args) => like::run(args, global),
    }
}
