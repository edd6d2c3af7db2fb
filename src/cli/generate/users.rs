//! `pghaul generate users`: its arguments, and the way to a report.

use crate::cli::flags::global::GlobalArgs;
use crate::cli::flags::numbers;
use crate::cli::flags::report::ReportArgs;
use crate::cli::flags::target::TargetArgs;
use crate::config::Config;
use crate::exit::Exit;
use crate::generate::users::settings::{FileSettings, Settings, TableSettings};
use crate::generate::users::{self, Format, Made};
use crate::report::{Started, UnitReport, made_lines};
use crate::run::cores;
use crate::{Error, Result};
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pghaul generate users --count 5                             to standard output
  pghaul generate users --count 1000000 --out users.csv       .json, .ndjson too
  pghaul generate users --count 10 --start 1000000 --out users.csv   ten more
  pghaul generate users --count 1000000 --into users --flat   into a new table

The same seed gives the same users, whatever the number of workers.";

/// The arguments of `pghaul generate users`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UsersArgs {
    /// How many users
    #[arg(long, value_name = "N", value_parser = numbers::whole, allow_negative_numbers = true)]
    count: u64,
    /// The same seed gives the same users
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = numbers::whole, allow_negative_numbers = true)]
    seed: u64,
    /// The number of the first user; a FILE that ends with the one before it is continued, and a
    /// new one in CSV has no header then
    #[arg(long, value_name = "I", default_value_t = 0, value_parser = numbers::whole, allow_negative_numbers = true)]
    start: u64,
    /// No two users have the same user name, or the same mail address; either gives both, with any
    /// --start
    #[arg(long, value_enum, value_name = "FIELD,…", value_delimiter = ',')]
    unique: Vec<UniqueArg>,
    /// The form of the text [default: by the extension of FILE; ndjson where it has none]
    #[arg(long, value_enum)]
    format: Option<FormatArg>,
    /// Where to write: a file, or - for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Load into a new table, not a file: TABLE or SCHEMA.TABLE, capitals kept
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["out", "format"])]
    into: Option<String>,
    /// With --into: make columns of the nested fields, not jsonb
    #[arg(long)]
    flat: bool,
    /// With --into: add to the table, if there is one; mind --start, or the same users come again
    #[arg(long)]
    append: bool,
    /// Threads; connections, with --into [default: the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// One array
    Json,
    /// One object per line
    Ndjson,
    /// A header line, then one row per line; the nested fields are columns
    Csv,
}

/// A field that is unique on request. `user_id` always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum UniqueArg {
    UserName,
    EmailAddress,
}

/// Runs `pghaul generate users`.
///
/// # Errors
/// Everything that stopped the run before it touched anything; a report that cannot be written.
pub fn run(args: &UsersArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("generate");
    let file = match args.into {
        None => Some(file_settings(args)?),
        Some(_) => None,
    };
    let to_stdout = file.as_ref().is_some_and(|file| file.path.is_none());
    if to_stdout && args.report.takes_stdout() {
        let what = if args.report.timeline_takes_stdout() { "timeline" } else { "report" };
        return Err(Error::refused(format!("standard output cannot have both the users and the {what}"))
            .remedy(format!("name a file with --out or --{what}")));
    }
    args.report.is_none_of(file.iter().filter_map(|file| file.path.clone()))?;
    if args.into.is_none() {
        // Not by clap: `requires` is forgotten where --out, which --into excludes, is there.
        let without = |flag: &str, is_there: bool, remedy: &str| {
            if is_there {
                return Err(Error::refused(format!("{flag} is for a table")).remedy(remedy));
            }
            Ok(())
        };
        without("--db", args.target.db.is_some(), "name the table with --into")?;
        without("--flat", args.flat, "name the table with --into")?;
        without("--append", args.append, "name it with --into; a file goes on with --start")?;
    }
    args.report.check()?;
    let made_users = make(args, file.as_ref(), global).map(|made| vec![unit(args, made)]);
    args.report.conclude(&started, made_users, global.quiet || to_stdout, made_lines)
}

fn file_settings(args: &UsersArgs) -> Result<FileSettings> {
    let format = args.format.map(|format| match format {
        FormatArg::Json => Format::Json,
        FormatArg::Ndjson => Format::Ndjson,
        FormatArg::Csv => Format::Csv,
    });
    FileSettings::new(args.out.clone(), format)
}

fn make(args: &UsersArgs, file: Option<&FileSettings>, global: &GlobalArgs) -> Result<Made> {
    let workers = args.workers.unwrap_or_else(cores::count).get();
    // A mail address is the user name at a domain.
    let unique_accounts = !args.unique.is_empty();
    let settings = Settings::new(args.seed, unique_accounts, args.start, args.count, workers)?;
    let verbosity = global.verbosity();
    if let Some(file) = file {
        return users::write_file(&settings, file, verbosity);
    }
    let name = args.into.clone().unwrap_or_default();
    let table = TableSettings { name, flat: args.flat, append: args.append };
    let database = args.target.open(&Config::load(global.config.as_deref())?)?;
    let made = users::load_table(&settings, &table, &database, verbosity);
    database.close();
    made
}

fn unit(args: &UsersArgs, made: Made) -> UnitReport {
    let name = args.into.clone().unwrap_or_else(|| args.out.display().to_string());
    let source = format!("seed {}, users from {} on", args.seed, args.start);
    UnitReport::made(name, source, made.rows, made.bytes, made.seconds)
}
