//! `pghaul serve`: its arguments, and the way to a service.

use super::flags::global::GlobalArgs;
use super::flags::numbers;
use super::flags::target::TargetArgs;
use crate::Result;
use crate::config::Config;
use crate::exit::Exit;
use crate::serve;
use crate::serve::settings::{Reload, Request, Settings};
use clap::Args;
use nix::sys::signal::Signal;
use std::num::NonZeroUsize;

const EXAMPLES: &str = "\
Examples:
  pghaul serve                                    the tables of config.yml
  pghaul serve --listen 127.0.0.1:9000 --workers 4
  PGHAUL_SERVE_TOKEN=… pghaul serve --listen 0.0.0.0:8005

SIGTERM lets running requests come to their end; SIGHUP reads the configuration again.

Exit codes: 0 stopped by SIGTERM; 130 by Ctrl-C; 2 wrong usage or configuration, or no database.";

/// The arguments of `pghaul serve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    /// Where to listen [default: serve.listen in config.yml, else 127.0.0.1:8005]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Threads that answer [default: serve.workers in config.yml, else the number of cores]
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// Let other machines come without a token, as behind a gateway that asks for one
    #[arg(long)]
    without_token: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// Runs `pghaul serve` until a signal stops it.
///
/// # Errors
/// A configuration that cannot work, an address or a database that cannot be had.
pub fn run(args: ServeArgs, global: &GlobalArgs) -> Result<Exit> {
    let request = Request {
        listen: args.listen,
        workers: args.workers.map(NonZeroUsize::get),
        without_token: args.without_token,
    };
    let file = global.config.clone();
    let config = Config::load(file.as_deref())?;
    let settings = Settings::resolve(&request, &config)?;
    let database = args.target.open(&config)?;
    let reload: Reload = Box::new(move || Settings::resolve(&request, &Config::load(file.as_deref())?));
    let served = serve::run(settings, &database, reload);
    database.close();
    match served? {
        signal if signal == Signal::SIGTERM as i32 => Ok(Exit::Loaded),
        signal => Ok(Exit::Interrupted(signal)),
    }
}
