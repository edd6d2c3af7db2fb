//! `pghaul ingest`: its arguments, and the way to a report.

use super::flags::global::GlobalArgs;
use super::flags::numbers;
use super::flags::rejects::RejectArgs;
use super::flags::report::ReportArgs;
use super::flags::target::TargetArgs;
use super::history::{Opened, close};
use crate::config::Config;
use crate::exit::Exit;
use crate::ingest::settings::{MothersMode, Request, Settings};
use crate::pg::database::Database;
use crate::report::{Done, Started, print, summary};
use crate::{Result, ingest};
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pghaul ingest dumps/                           load each dump that has changed
  pghaul ingest dumps/ --plan                    show what that would do
  pghaul ingest lms_v3.zip --db postgresql://me@host/lms
  pghaul ingest --config nightly.yml --report report.json
  pghaul ingest dumps/ --timeline run.html       draw what took how long
  pghaul ingest dumps/ --max-rejects 0.1%        reject 1 row in 1,000 of a file

Exit codes: 0 everything is loaded or unchanged; 1 a unit failed, the others are complete; 2 \
wrong usage, configuration or input, nothing was touched; 3 everything is loaded, with rejects; \
130 or 143 interrupted.";

/// The arguments of `pghaul ingest`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct IngestArgs {
    /// Dumps, or folders of dumps [default: xport_cfg.zip_path in config.yml]
    #[arg(value_name = "DUMP|DIR")]
    inputs: Vec<PathBuf>,
    /// Load this table alone; may be repeated, and be a pattern such as 'user*'. Dumps do not move to the archive then
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// Data files loaded at once, or streams of a large one [default: max_workers in config.yml, else the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// What happens to the mother tables first
    #[arg(long, value_enum, default_value_t = MothersArg::Keep)]
    mothers: MothersArg,
    /// Show the catalogue, the statements and how the versions differ; change nothing
    #[arg(long, alias = "dry-run", conflicts_with_all = ["report", "timeline"])]
    plan: bool,
    /// Load data files even if they have not changed
    #[arg(long)]
    force: bool,
    /// Load into unlogged tables, for staging: faster, but a crash of the server empties them, and standbys lack them
    #[arg(long)]
    unlogged: bool,
    /// Compare what the server holds with what was sent, column by column, before it is published [also: verify in config.yml]
    #[arg(long)]
    verify: bool,
    /// How often a data file is tried again when its connection fails; never when its data is at fault
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: u32,
    /// Publish this version table (v1_users) once, whatever its guards find; may be repeated
    #[arg(long, value_name = "UNIT")]
    accept: Vec<String>,
    #[command(flatten)]
    rejects: RejectArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MothersArg {
    /// Create those that are missing
    Keep,
    /// Give their columns wider types where versions need them, before the load; adds no columns
    Widen,
    /// Load the dumps; then replace each mother and all its version tables at once
    Recreate,
    /// Drop them and all their version tables, and load nothing
    Purge,
}

/// Runs `pghaul ingest`.
///
/// # Errors
/// Everything that stopped the run before it touched anything; a report that cannot be written.
pub fn run(args: IngestArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("ingest");
    args.report.check()?;
    if args.plan {
        return plan(&args, global);
    }
    let mut opened = None;
    let outcome = load(&args, global, &mut opened);
    args.report.conclude_with(&started, outcome, global.quiet, summary, |report| {
        close(opened, report, None);
    })
}

fn load(args: &IngestArgs, global: &GlobalArgs, opened: &mut Option<Opened>) -> Result<Done> {
    let (settings, config) = settings(args, global)?;
    let location = args.target.find(&config)?;
    let catalogue = ingest::scan(&settings)?;
    let opened = opened.insert(Opened::new(Database::open(location)?, &config));
    ingest::run(&settings, catalogue, &opened.database, global.verbosity())
}

fn plan(args: &IngestArgs, global: &GlobalArgs) -> Result<Exit> {
    let (settings, config) = settings(args, global)?;
    let location = args.target.find(&config)?;
    let catalogue = ingest::scan(&settings)?;
    let database = Database::open_to_look(location)?;
    let text = ingest::plan(&settings, catalogue, &database);
    database.close();
    print(&text?)?;
    Ok(Exit::Loaded)
}

fn settings(args: &IngestArgs, global: &GlobalArgs) -> Result<(Settings, Config)> {
    let config = Config::load(global.config.as_deref())?;
    let request = Request {
        inputs: args.inputs.clone(),
        tables: args.tables.clone(),
        workers: args.workers.map(NonZeroUsize::get),
        mothers: match args.mothers {
            MothersArg::Keep => MothersMode::Keep,
            MothersArg::Widen => MothersMode::Widen,
            MothersArg::Recreate => MothersMode::Recreate,
            MothersArg::Purge => MothersMode::Purge,
        },
        force: args.force,
        unlogged: args.unlogged,
        verify: args.verify,
        retries: args.retries,
        max_rejects: args.rejects.limit(),
        rejects: args.rejects.rejects.clone(),
        accept: args.accept.clone(),
    };
    let settings = Settings::resolve(request, &config).map_err(|error| error.at(config.place()))?;
    args.rejects.check(settings.columns.replace_any())?;
    Ok((settings, config))
}
