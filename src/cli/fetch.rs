//! `pghaul fetch`: its arguments, and the way to a report.

use super::flags::global::GlobalArgs;
use super::flags::numbers;
use super::flags::rejects::RejectArgs;
use super::flags::report::ReportArgs;
use super::flags::target::TargetArgs;
use super::history::{Opened, close};
use crate::config::Config;
use crate::exit::Exit;
use crate::fetch::settings::{RunRequest, Settings};
use crate::report::{Done, Started};
use crate::{Result, fetch};
use clap::Args;
use std::num::NonZeroUsize;

const EXAMPLES: &str = "\
Examples:
  pghaul fetch activity_stats                     a job of ./config.yml
  pghaul fetch activity_stats --resume            make only the missing requests
  pghaul fetch activity_stats --max-failures 10   publish though 10 have failed

Exit codes: 0 everything is loaded; 1 a request failed, or the run; 2 wrong usage or \
configuration, no request was made; 3 everything is loaded, with rejects; 130 or 143 \
interrupted.";

/// The arguments of `pghaul fetch`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct FetchArgs {
    /// The job's name under fetch: in config.yml
    #[arg(value_name = "JOB")]
    job: String,
    /// Go on with what the job's last run has begun: make only the requests that are missing
    #[arg(long)]
    resume: bool,
    /// Requests that may fail for good; with one more, the run ends, and mode replace publishes nothing
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_failures: u64,
    #[command(flatten)]
    rejects: RejectArgs,
    /// Connections that copy rows at once [default: max_workers in config.yml, else the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    report: ReportArgs,
}

/// Runs `pghaul fetch`.
///
/// # Errors
/// Everything that stopped the run before it made a request; what stopped it later; a report that cannot be written.
pub fn run(args: &FetchArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("fetch");
    args.report.check()?;
    let mut opened = None;
    let outcome = fetch(args, global, &mut opened);
    args.report.conclude_with(&started, outcome, global.quiet, fetch::summary, |report| {
        close(opened, report, Some(&args.job));
    })
}

fn fetch(args: &FetchArgs, global: &GlobalArgs, opened: &mut Option<Opened>) -> Result<Done> {
    let config = Config::load(global.config.as_deref())?;
    args.rejects.check(false)?;
    let request = RunRequest {
        job: args.job.clone(),
        resume: args.resume,
        max_failures: args.max_failures,
        max_rejects: args.rejects.limit(),
        rejects: args.rejects.rejects.clone(),
        workers: args.workers.map(NonZeroUsize::get),
    };
    let settings = Settings::resolve(request, &config).map_err(|error| error.at(config.place()))?;
    let opened = opened.insert(Opened::new(args.target.open(&config)?, &config));
    fetch::run(&settings, &opened.database, global.verbosity())
}
