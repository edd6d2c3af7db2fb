//! `pghaul generate like`: its arguments, and the way to a report.

use crate::Result;
use crate::cli::flags::global::GlobalArgs;
use crate::cli::flags::numbers;
use crate::cli::flags::report::ReportArgs;
use crate::cli::flags::target::url;
use crate::exit::Exit;
use crate::generate::like;
use crate::generate::like::settings::{Request, Settings};
use crate::report::{Started, made_lines};
use crate::secret::Secret;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXAMPLES: &str = r#"Examples:
  pghaul generate like users orders --rows 1000 --from "$SHOP" --into "$TEST"
  pghaul generate like users orders --rows 9,orders=99 --from "$SHOP" --out fake

Rows are made from the catalog and from what ANALYZE has counted: types, shares
of NULL, distinct values, ranges. No row of the tables is read, and nothing is
written there; temporary tables try the first rows. The same seed gives the same
rows.

Exit codes: 0 all rows are there; 1 a server or a file failed, no table was
left; 2 wrong usage, or a constraint that cannot be satisfied; 130 or 143
interrupted."#;

/// The arguments of `pghaul generate like`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct LikeArgs {
    /// The tables: TABLE or SCHEMA.TABLE, capitals kept; those that they refer to, too, or their rows
    /// must be there
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<String>,
    /// Database of the tables
    #[arg(long, value_name = "URL", value_parser = url)]
    from: Secret,
    /// Rows of each table: N for all, TABLE=N for one
    #[arg(long, value_name = "N|TABLE=N,…", value_delimiter = ',', required = true)]
    rows: Vec<String>,
    /// Database for the rows; tables that are missing are made there
    #[arg(long, value_name = "URL", value_parser = url, conflicts_with = "out")]
    into: Option<Secret>,
    /// Folder for a dump, with a configuration by which `pghaul ingest` loads it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// With --into: add rows to tables that are there
    #[arg(long)]
    append: bool,
    /// Take the common values that ANALYZE has noted, too; they may be personal
    #[arg(long)]
    values: bool,
    /// The same seed gives the same rows
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = numbers::whole, allow_negative_numbers = true)]
    seed: u64,
    /// Threads, and connections with --into [default: the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs `pghaul generate like`.
///
/// # Errors
/// Everything that stopped the run before it wrote anything; a report that cannot be written.
pub fn run(args: LikeArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("generate");
    args.report.check()?;
    let settings = Settings::resolve(Request {
        tables: args.tables,
        from: Some(args.from),
        rows: args.rows,
        into: args.into,
        out: args.out,
        append: args.append,
        values: args.values,
        seed: args.seed,
        workers: args.workers,
    });
    let units = settings.and_then(|settings| {
        args.report.is_none_of(like::paths(&settings))?;
        tracing::info!("{}", settings.databases());
        like::run(&settings, global.verbosity())
    });
    args.report.conclude(&started, units, global.quiet, made_lines)
}
