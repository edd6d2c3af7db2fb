//! `pghaul config show`: every setting with its value and its source.

use super::check::of_content;
use super::resolved::{Typed, resolve};
use super::rows;
use super::sources::Sources;
use crate::cli::errors::print_errors;
use crate::cli::flags::global::GlobalArgs;
use crate::cli::flags::numbers;
use crate::cli::flags::target::TargetArgs;
use crate::config::{Config, ConfigText, Marks};
use crate::exit::Exit;
use crate::report::{json, print};
use crate::{Error, Place, Result};
use clap::{Args, Command};
use std::num::NonZeroUsize;

const EXAMPLES: &str = "\
Examples:
  pghaul config show                             every setting and every default
  pghaul config show --config nightly.yml -w 4   what -w would change
  pghaul config show --json                      the same for scripts

Secrets are hidden, and so is what may hold one: passwords, headers, bodies, the paths of web \
addresses. A text with ${VAR} is shown as it is written; the values of numbers, times, sizes and \
folders are shown as they count.

Exit codes: 0 shown; 2 the configuration has faults, or cannot be read.";

/// The arguments of `pghaul config show`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowArgs {
    /// As for the commands that load
    #[arg(short, long, alias = "jobs", value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// Print JSON: an array with an object for each setting
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// Runs `pghaul config show`, one of the commands of `root`.
///
/// # Errors
/// A file that cannot be read, or whose form is wrong; a standard output that cannot be written.
pub fn run(args: &ShowArgs, global: &GlobalArgs, root: Command) -> Result<Exit> {
    let text = ConfigText::find(global.config.as_deref())?;
    let config = text.as_ref().map_or_else(|| Ok(Config::default()), ConfigText::parse)?;
    let file = text.as_ref().map(|text| text.path.display().to_string());
    let marks = text.as_ref().map(marks_of).transpose()?.unwrap_or_default();
    let typed = Typed { db: args.target.url()?, workers: args.workers.map(NonZeroUsize::get) };
    let resolved = resolve(&config, &typed);
    let sources = Sources::new(file.clone(), root);
    let mut found = sources.general(&args.target, &marks, &resolved)?;
    found.extend(sources.settings(&marks, &resolved));
    print(&if args.json { json(&found)? } else { rows::text(&found) })?;
    let faults = of_content(file.as_deref().unwrap_or_default(), &marks, resolved.faults);
    if faults.is_empty() {
        return Ok(Exit::Loaded);
    }
    print_errors(&Error::many(faults).messages());
    Ok(Exit::Refused)
}

/// The places of the keys. Without them, the file's values would look like defaults.
fn marks_of(text: &ConfigText) -> Result<Marks> {
    Marks::of(&text.text).ok_or_else(|| {
        Error::refused("it works, but the lines of its keys cannot be found, since it is not strict YAML")
            .at(Place::file(text.path.display().to_string()))
            .remedy("look for tabs, and for keys that are no text")
    })
}
