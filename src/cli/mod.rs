//! The command line, and the way from it to an exit code.

mod completions;
pub mod config;
pub mod db;
pub mod drain;
mod errors;
pub mod fetch;
mod flags;
pub mod generate;
mod history;
pub mod ingest;
mod inspect;
mod man;
mod serve;
mod state;
mod status;
mod sync;
pub mod version;

use crate::Result;
use crate::exit::Exit;
use crate::report::{log, print};
use crate::run::interrupt;
use crate::secret::without_passwords;
use clap::{CommandFactory, Parser, Subcommand};
use errors::print_errors;
use flags::global::GlobalArgs;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  pghaul ingest dumps/ --plan             what loading these dumps would do
  pghaul ingest dumps/                    load, by default into a private server
  pghaul status                           what was loaded, from what, and when
  pghaul db psql -c 'SELECT * FROM users'

Each command has examples of its own: pghaul COMMAND --help.";

/// Hauls data into PostgreSQL as fast as PostgreSQL can take it, and never leaves it half done.
#[derive(Debug, Parser)]
#[command(
    name = "pghaul",
    version = version::short(),
    long_version = version::long(),
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = EXAMPLES
)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load versioned zip dumps: one child table per version under each mother table
    #[command(aliases = ["load", "import"])]
    Ingest(ingest::IngestArgs),
    /// Look at dumps or data files that were never seen, and print a configuration that loads them
    Inspect(inspect::InspectArgs),
    /// Move the rows of a Redis cache into a table, each exactly once
    Drain(drain::DrainArgs),
    /// Fetch the rows of a rate-limited API into a table, at its limit and never over it
    Fetch(fetch::FetchArgs),
    /// Keep a table the same as one of another PostgreSQL, once or continuously
    Sync(Box<sync::SyncArgs>),
    /// Make fake users or whole dumps: the same bytes for the same seed
    Generate(generate::GenerateArgs),
    /// Serve loaded tables: a REST API over those that the configuration names
    Serve(serve::ServeArgs),
    /// Show the ledger: what was loaded, from what, when, and whether it is still there
    Status(status::StatusArgs),
    /// Start, stop and open the embedded server
    Db(db::DbArgs),
    /// Check the configuration, or show what counts and where each value comes from
    Config(config::ConfigArgs),
    /// Print what a shell needs to complete commands and flags
    #[command(hide = true)]
    Completions(completions::CompletionsArgs),
    /// Write the man pages
    #[command(hide = true)]
    Man(man::ManArgs),
    /// As --version
    #[command(hide = true, after_help = "Examples:\n  pghaul version")]
    Version,
}

/// Parses the command line, runs the command, prints an error once, and returns the exit code.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return print_usage(&error),
    };
    match run(cli) {
        Ok(exit) => exit,
        Err(error) => {
            print_errors(&error.messages());
            error.exit()
        }
    }
}

/// Prints clap's message: help on standard output, or an error on standard error. An argument that it quotes may be a URL.
fn print_usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // If the reader has gone, nothing else can be done.
        let _ = error.print();
        return Exit::Loaded;
    }
    let text = error.render();
    let text = if log::has_colours(&std::io::stderr()) { text.ansi().to_string() } else { text.to_string() };
    let _ = std::io::stderr().write_all(without_passwords(&text).as_bytes());
    Exit::Refused
}

fn run(cli: Cli) -> Result<Exit> {
    interrupt::install().map_err(|error| crate::Error::refused(format!("cannot handle signals: {error}")))?;
    log::init(cli.global.verbosity());
    interrupt::end_in_time();
    match cli.command {
        Command::Ingest(args) => ingest::run(args, &cli.global),
        Command::Inspect(args) => inspect::run(&args),
        Command::Drain(args) => drain::run(args, &cli.global),
        Command::Fetch(args) => fetch::run(&args, &cli.global),
        Command::Sync(args) => sync::run(*args, &cli.global),
        Command::Generate(args) => generate::run(args, &cli.global),
        Command::Serve(args) => serve::run(args, &cli.global),
        Command::Status(args) => status::run(args, &cli.global),
        Command::Db(args) => db::run(args, &cli.global),
        Command::Config(args) => config::run(args, &cli.global, Cli::command()),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
        Command::Version => {
            print(&Cli::command().render_long_version())?;
            Ok(Exit::Loaded)
        }
    }
}
