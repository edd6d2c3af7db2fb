//! `pghaul sync`: its arguments, and the way to a report.

use super::flags::global::GlobalArgs;
use super::flags::numbers;
use super::flags::report::ReportArgs;
use super::flags::target::url;
use super::history::{kept_for, record_in};
use crate::Result;
use crate::config::Config;
use crate::copy::rejects::limit::RejectLimit;
use crate::exit::Exit;
use crate::report::{Done, Started};
use crate::run::interrupt;
use crate::secret::Secret;
use crate::sync;
use crate::sync::settings::{self, Request, Settings};
use clap::{Args, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  pghaul sync once --from host=a --to host=b --table orders --cursor updated
  pghaul sync watch orders                      a job of ./config.yml, for ever
  pghaul sync once orders --deletes --verify    follow deletes, too, and compare
  pghaul sync once --from host=a --to host=b --schema s --exclude 'log_*'

The cursor is a column that grows with every change: an integer, timestamp, timestamptz or date. \
Without one, the table is loaded whole where it has changed. With --schema, all of its tables \
are synced. The source is only read.

Exit codes: 0 the tables are the same; 1 a server failed, or --verify found differences, what is \
complete stays; 2 wrong usage, or tables that do not fit; 130 or 143 interrupted. A watch that a \
signal ends between two passes: 0.";

/// The arguments of `pghaul sync`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SyncArgs {
    #[command(subcommand)]
    command: SyncCommand,
}

#[derive(Debug, Subcommand)]
enum SyncCommand {
    /// Make the destination the same as the source is now
    #[command(after_help = EXAMPLES)]
    Once(OnceArgs),
    /// Keep it the same until Ctrl-C or SIGTERM
    #[command(after_help = EXAMPLES)]
    Watch(WatchArgs),
}

#[derive(Debug, Args)]
struct OnceArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// Compare both tables at the end, at one snapshot of the source
    #[arg(long)]
    verify: bool,
    /// Fetch the rows that --verify misses at the destination, and mend those that differ
    #[arg(long, requires = "verify")]
    repair: bool,
    /// How often to try again after a lost connection, a deadlock, or a conflict with what a standby replays
    #[arg(long, value_name = "N", default_value_t = 3)]
    retries: u32,
    #[command(flatten)]
    report: ReportArgs,
}

#[derive(Debug, Args)]
struct WatchArgs {
    #[command(flatten)]
    common: CommonArgs,
    /// The time from one pass to the next, such as 500ms, 5s or 2m [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = numbers::time)]
    every: Option<Duration>,
}

#[derive(Debug, Args)]
struct CommonArgs {
    /// Names of jobs under `sync` in config.yml; flags come before what they say
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,
    /// Database to read from; nothing is written there
    #[arg(long, value_name = "URL", value_parser = url)]
    from: Option<Secret>,
    /// Database to keep the same
    #[arg(long, value_name = "URL", value_parser = url)]
    to: Option<Secret>,
    /// The table: TABLE or SCHEMA.TABLE, capitals kept
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Sync all tables of this schema in one run
    #[arg(long, value_name = "SCHEMA")]
    schema: Option<String>,
    /// Shell patterns: tables of the schema that are left out
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    exclude: Vec<String>,
    /// The table at the destination [default: as at the source]
    #[arg(long, value_name = "TABLE")]
    to_table: Option<String>,
    /// Sync only the rows that fulfil this condition, in SQL of the source
    #[arg(long = "where", value_name = "CONDITION")]
    only: Option<String>,
    /// Sync only these columns [default: all]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// Columns that have another name at the destination
    #[arg(long, value_name = "OLD=NEW,…", value_delimiter = ',')]
    map: Vec<String>,
    /// Column that grows with every change of a row
    #[arg(long, value_name = "COLUMN")]
    cursor: Option<String>,
    /// Columns that make a row the same row [default: the primary key]
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    key: Vec<String>,
    /// Follow changes by the cursor, or load the table whole where it has changed; auto: by the cursor if there is one
    /// [default: auto]
    #[arg(long, value_enum, value_name = "MODE")]
    mode: Option<ModeArg>,
    /// Rows of a window, which is one transaction at the destination [default: 100000]
    #[arg(long, value_name = "ROWS", value_parser = numbers::whole)]
    chunk: Option<u64>,
    /// Connections of the initial load, to each side [default: the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// Follow deletes: hard deletes the rows, soft sets a column
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "hard")]
    deletes: Option<DeletesArg>,
    /// How many rows a pass may delete: a number, or a share of the table; more stop it [default: 10%, at least 100]
    #[arg(long, value_name = "N|N%", value_parser = numbers::reject_limit)]
    max_deletes: Option<RejectLimit>,
    /// Column that soft deletes set to the time when they were found [default: deleted_at]
    #[arg(long, value_name = "COLUMN")]
    deleted_column: Option<String>,
    /// Rows per second that are read from the source at most
    #[arg(long, value_name = "ROWS", value_parser = numbers::whole)]
    max_rate: Option<u64>,
    /// How long a statement may take at the source, but for the initial load's [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = numbers::time)]
    source_timeout: Option<Duration>,
    /// Add columns to the destination that have come up at the source, and fill them
    #[arg(long)]
    evolve: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// By the cursor, if there is one; else whole
    Auto,
    /// By the cursor
    Cursor,
    /// Whole
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DeletesArg {
    /// Delete them
    Hard,
    /// Set a column
    Soft,
}

/// Runs `pghaul sync`.
///
/// # Errors
/// Everything that stopped the run; a report that cannot be written.
pub fn run(args: SyncArgs, global: &GlobalArgs) -> Result<Exit> {
    match args.command {
        SyncCommand::Once(args) => once(args, global),
        SyncCommand::Watch(args) => {
            let (every, common) = (args.every, args.common);
            let (jobs, _) = common.resolve(|request| Request { every, ..request }, global)?;
            let [settings] = &jobs[..] else { return watch_many(&jobs, global) };
            if settings.schema.is_some() {
                return watch_many(&jobs, global);
            }
            // After a signal, the error of the cancelled statement has other words.
            sync::watch(settings, global.verbosity())
                .map(|()| Exit::Loaded)
                .map_err(|error| interrupt::check().err().unwrap_or(error))
        }
    }
}

fn watch_many(jobs: &[Settings], global: &GlobalArgs) -> Result<Exit> {
    sync::watch_many(jobs, global.verbosity()).map(|()| Exit::Loaded)
}

fn once(args: OnceArgs, global: &GlobalArgs) -> Result<Exit> {
    let started = Started::now("sync");
    args.report.check()?;
    let (verify, repair, retries) = (args.verify, args.repair, args.retries);
    let mut text = String::new();
    let mut destination = None;
    let jobs = args.common.resolve(|request| Request { verify, repair, retries, ..request }, global);
    let done = jobs.and_then(|(jobs, keep)| {
        destination = jobs.first().map(|settings| (settings.to.clone(), keep));
        match &jobs[..] {
            [settings] if settings.schema.is_none() => {
                let outcome = sync::once(settings, global.verbosity())?;
                text = outcome.summary(&settings.to_table.1);
                Ok(Done::from(outcome.units(&settings.source_name(), &settings.to_table.1)))
            }
            jobs => {
                let runs = sync::once_many(jobs, global.verbosity())?;
                text = runs.summary();
                Ok(runs.done())
            }
        }
    });
    let names = args.common.jobs.join(" ");
    args.report.conclude_with(
        &started,
        done,
        global.quiet,
        |_| text,
        |report| {
            let job = Some(names.as_str()).filter(|names| !names.is_empty());
            destination.iter().for_each(|(to, keep)| record_in(to, report, job, *keep));
        },
    )
}

impl CommonArgs {
    /// The settings of all jobs that are named, and how long runs are kept. `add` adds what only one of the commands knows.
    fn resolve(
        &self,
        add: impl Fn(Request) -> Request,
        global: &GlobalArgs,
    ) -> Result<(Vec<Settings>, Duration)> {
        let config = Config::load(global.config.as_deref())?;
        let jobs = Settings::of_jobs(self.jobs.clone(), || add(self.request()), &config)
            .map_err(|error| error.at(config.place()))?;
        let mut said: Vec<String> = Vec::new();
        for Settings { from, to, .. } in &jobs {
            let line = format!("database: {}, from {}", to.describe(), from.describe());
            if !said.contains(&line) {
                tracing::info!("{line}");
                said.push(line);
            }
        }
        Ok((jobs, kept_for(&config)))
    }

    fn request(&self) -> Request {
        Request {
            from: self.from.clone(),
            to: self.to.clone(),
            schema: self.schema.clone(),
            exclude: self.exclude.clone(),
            table: self.table.clone(),
            to_table: self.to_table.clone(),
            only: self.only.clone(),
            columns: self.columns.clone(),
            map: self.map.clone(),
            cursor: self.cursor.clone(),
            key: self.key.clone(),
            mode: self.mode.map(|mode| match mode {
                ModeArg::Auto => settings::Mode::Auto,
                ModeArg::Cursor => settings::Mode::Cursor,
                ModeArg::Full => settings::Mode::Full,
            }),
            chunk: self.chunk,
            workers: self.workers.map(NonZeroUsize::get),
            deletes: self.deletes.map(|how| match how {
                DeletesArg::Hard => settings::Deletes::Hard,
                DeletesArg::Soft => settings::Deletes::Soft,
            }),
            deleted_column: self.deleted_column.clone(),
            max_deletes: self.max_deletes,
            max_rate: self.max_rate,
            source_timeout: self.source_timeout,
            evolve: self.evolve,
            ..Request::default()
        }
    }
}
