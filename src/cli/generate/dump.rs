//! `pghaul generate dump`: its arguments, and the way to a report.

use crate::Result;
use crate::cli::flags::global::GlobalArgs;
use crate::cli::flags::numbers;
use crate::cli::flags::report::ReportArgs;
use crate::exit::Exit;
use crate::generate::dump::settings::{DEFAULT_APP, Request, Settings};
use crate::generate::dump::{self, DumpReport};
use crate::report::{
    Layout, Report, Started, UnitReport, UnitStatus, plural, seconds, size, table, thousands,
};
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pghaul generate dump --out dumps --versions v1,v2,v3 --rows 1000
  pghaul generate dump --out dumps --versions v1 --rows 3000000 --seed 7
  pghaul generate dump --out dumps --versions v1,v2 --rows 1000 --dirty 0.01

Exit codes: 0 all dumps are there; 1 a dump could not be written, the others are complete; 2 \
wrong usage, nothing was written; 130 or 143 interrupted.";

/// The columns.
const LAYOUT: Layout<'static, 5> = Layout {
    header: ["data file", "status", "rows", "size", "seconds"],
    numbers: 2..5,
    spare: &["seconds", "size"],
};

/// The arguments of `pghaul generate dump`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DumpArgs {
    /// Folder for the dumps; made if it is not there. Dumps of the same names are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The versions; each has one dump, <app>_<version>.zip, and drifts further from the first
    #[arg(long, value_name = "VERSION,…", value_delimiter = ',', required = true)]
    versions: Vec<String>,
    /// Rows of each data file; 0 for headers alone
    #[arg(long, value_name = "N", value_parser = numbers::whole, allow_negative_numbers = true)]
    rows: u64,
    /// Tables [default: all of users, courses, user_assigned_courses]
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',')]
    tables: Option<Vec<String>>,
    /// The same seed gives the same bytes, another one other rows
    #[arg(long, value_name = "S", default_value_t = 0, value_parser = numbers::whole, allow_negative_numbers = true)]
    seed: u64,
    /// Break this part of the rows, 0 to 1, but one in each way at least; list them in
    /// <app>_<version>.dirty.jsonl
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = numbers::rate, allow_negative_numbers = true)]
    dirty: f64,
    /// Dumps made at once [default: the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// The application; with `lms` in a dump's name types are SQL Server's, else MySQL's
    #[arg(long, value_name = "NAME", default_value = DEFAULT_APP)]
    app: String,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs `pghaul generate dump`.
///
/// # Errors
/// Everything that stopped the run before it wrote anything; a report that cannot be written.
pub fn run(args: &DumpArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("generate");
    args.report.check()?;
    let outcome = settings(args).and_then(|settings| {
        args.report.is_none_of(settings.paths())?;
        dump::run(&settings, global.verbosity())
    });
    let (units, dumps) = match outcome {
        Ok(dumps) => (Ok(dumps.iter().flat_map(|dump| dump.units.clone()).collect::<Vec<_>>()), dumps),
        Err(error) => (Err(error), Vec::new()),
    };
    args.report.conclude(&started, units, global.quiet, |report| summary(&dumps, report))
}

fn settings(args: &DumpArgs) -> Result<Settings> {
    Settings::resolve(Request {
        out: args.out.clone(),
        app: args.app.clone(),
        versions: args.versions.clone(),
        rows: args.rows,
        tables: args.tables.clone(),
        seed: args.seed,
        dirty: args.dirty,
        workers: args.workers,
    })
}

/// The table of all data files, and a closing line.
fn summary(dumps: &[DumpReport], report: &Report) -> String {
    let row = |unit: &UnitReport| {
        let made = unit.status == UnitStatus::Loaded;
        let counted = |text: String| if made { text } else { "-".to_owned() };
        [
            unit.source.clone(),
            match unit.status {
                UnitStatus::Loaded => "made",
                UnitStatus::NotLoaded => "not made",
                _ => "FAILED",
            }
            .to_owned(),
            counted(thousands(unit.rows_read)),
            counted(size(unit.bytes_read)),
            counted(seconds(unit.seconds)),
        ]
    };
    let mut text = table(&LAYOUT, &report.units.iter().map(row).collect::<Vec<_>>());
    let made = dumps.iter().filter(|dump| dump.zip_bytes > 0);
    let count = made.clone().count() as u64;
    let broken: u64 = made.clone().map(|dump| dump.broken_rows).sum();
    let broken = if broken > 0 { format!(", {} of them broken", thousands(broken)) } else { String::new() };
    let failed = match dumps.len() as u64 - count {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    text.push_str(&format!(
        "\n{count} {} made{failed}; {} {}{broken}; {} of text, {} of zip, in {} s\n",
        plural(count, "dump"),
        thousands(report.totals.rows_read),
        plural(report.totals.rows_read, "row"),
        size(report.totals.bytes_read),
        size(made.map(|dump| dump.zip_bytes).sum()),
        seconds(report.seconds),
    ));
    text
}
