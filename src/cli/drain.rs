//! `pghaul drain`: its arguments, and the way to a report.

use super::flags::global::GlobalArgs;
use super::flags::numbers;
use super::flags::rejects::RejectArgs;
use super::flags::report::ReportArgs;
use super::flags::target::TargetArgs;
use super::history::{Opened, close};
use crate::config::Config;
use crate::drain::settings::{Pace, Request, Settings};
use crate::exit::Exit;
use crate::report::{Done, Started, print, summary};
use crate::{Result, drain};
use clap::Args;
use std::num::NonZeroUsize;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  pghaul drain us_users                          move what the cache has now
  pghaul drain us_users --watch --every 5s       and what comes, until SIGTERM
  pghaul drain us_users --print-columns          infer the columns; take nothing
  pghaul drain us_users --max-rejects 100        reject 100 rows of each batch

Exit codes: 0 everything is published, or there was nothing; 1 a replica failed, its rows are \
still in Redis; 2 wrong usage, configuration or replica, nothing was touched; 3 published, with \
rejects; 130 or 143 interrupted in the middle of a batch, whose rows are still in Redis.";

/// The arguments of `pghaul drain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DrainArgs {
    /// Name of the job under `drain` in config.yml
    #[arg(value_name = "JOB")]
    job: String,
    /// Wait for more, until SIGTERM or Ctrl-C; without it, the run ends when what is there now is drained
    #[arg(long)]
    watch: bool,
    /// How long to wait for more
    #[arg(long, value_name = "TIME", default_value = "5s", requires = "watch", value_parser = numbers::time)]
    every: Duration,
    /// How often a line says that it is alive
    #[arg(long, value_name = "TIME", default_value = "1m", requires = "watch", value_parser = numbers::time)]
    heartbeat: Duration,
    /// COPY streams at once [default: workers of the job, max_workers in config.yml, else the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// Keep what is published in Redis, under another name
    #[arg(long)]
    keep: bool,
    /// Have the gateway clear its cache afterwards; rows that came meanwhile are lost
    #[arg(long)]
    clear: bool,
    /// Show the columns as they would be inferred now, for config.yml; take nothing
    #[arg(long, conflicts_with_all = ["watch", "report", "timeline"])]
    print_columns: bool,
    /// How often a batch is tried again when a connection fails; with --watch always
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: u32,
    #[command(flatten)]
    rejects: RejectArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs `pghaul drain`.
///
/// # Errors
/// Everything that stopped the run before it touched anything; a report that cannot be written.
pub fn run(args: DrainArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("drain");
    args.report.check()?;
    if args.print_columns {
        let (settings, _) = settings(&args, global)?;
        print(&drain::columns(&settings)?)?;
        return Ok(Exit::Loaded);
    }
    let mut opened = None;
    let outcome = drain_job(&args, global, &mut opened);
    args.report.conclude_with(&started, outcome, global.quiet, summary, |report| {
        close(opened, report, Some(&args.job));
    })
}

fn drain_job(args: &DrainArgs, global: &GlobalArgs, opened: &mut Option<Opened>) -> Result<Done> {
    let (settings, config) = settings(args, global)?;
    let opened = opened.insert(Opened::new(args.target.open(&config)?, &config));
    drain::run(&settings, &opened.database)
}

fn settings(args: &DrainArgs, global: &GlobalArgs) -> Result<(Settings, Config)> {
    let config = Config::load(global.config.as_deref())?;
    args.rejects.check(false)?;
    let request = Request {
        job: args.job.clone(),
        pace: match args.watch {
            true => Pace::Watch { every: args.every, heartbeat: args.heartbeat },
            false => Pace::Once,
        },
        workers: args.workers.map(NonZeroUsize::get),
        keep: args.keep,
        clear: args.clear,
        retries: args.retries,
        max_rejects: args.rejects.limit(),
        rejects: args.rejects.rejects.clone(),
    };
    let settings = Settings::resolve(request, &config)?;
    Ok((settings, config))
}
