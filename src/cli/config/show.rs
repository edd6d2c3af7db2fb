//! `pghaul config show`: every setting with its value, and what has decided it.

use super::check::of_content;
use super::hidden::{HIDDEN, shown};
use super::resolved::{Resolved, Typed, resolve};
use crate::cli::target::TargetArgs;
use crate::cli::{Cli, GlobalArgs, numbers, print_errors};
use crate::config::{Config, ConfigText, Mark, Marks, is_below, variables_of};
use crate::exit::Exit;
use crate::pg::embedded::Embedded;
use crate::report::{print, table};
use crate::{Error, Place, Result};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory};
use serde::Serialize;
use std::env;
use std::num::NonZeroUsize;

const EXAMPLES: &str = "\
Examples:
  pghaul config show                              every setting of ./config.yml, and every default
  pghaul config show --config nightly.yml -w 4    what -w of a command would change
  pghaul config show --json                       the same for scripts

Secrets are hidden, and so is what may hold one: passwords, headers, bodies, the paths of web addresses. A text with
${VAR} is shown as it is written; the values of numbers, times, sizes and folders are shown as they count.

Exit codes: 0 shown; 2 the configuration has faults, or cannot be read.";

/// What was typed after `pghaul config show`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ShowArgs {
    /// As for the commands that load
    #[arg(short, long, value_name = "N", env = "PGHAUL_WORKERS", value_parser = numbers::workers)]
    workers: Option<NonZeroUsize>,
    /// Print JSON: an array with an object for each setting
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// Environment variables that come before the file, with the keys that they stand for.
const BEFORE_THE_FILE: [(&str, &str); 4] = [
    ("decrypt.passphrase", "PGHAUL_PASSPHRASE"),
    ("decrypt.key_passphrase", "PGHAUL_KEY_PASSPHRASE"),
    ("decrypt.zip_password", "PGHAUL_ZIP_PASSWORD"),
    ("decrypt.key_file", "PGHAUL_KEY_FILE"),
];
/// The one that counts where the file says nothing.
const TOKEN: (&str, &str) = ("serve.token", "PGHAUL_SERVE_TOKEN");

/// A setting.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    value: String,
    from: From,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variables: Vec<String>,
}

/// What has decided a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum From {
    Flag,
    Environment,
    File,
    Default,
}

/// Runs `pghaul config show`.
///
/// # Errors
/// A file that cannot be read, or whose form is wrong; a standard output that cannot be written.
pub fn run(args: &ShowArgs, global: &GlobalArgs) -> Result<Exit> {
    let text = ConfigText::find(global.config.as_deref())?;
    let config = text.as_ref().map_or_else(|| Ok(Config::default()), ConfigText::parse)?;
    let file = text.as_ref().map(|text| text.path.display().to_string());
    let marks = text.as_ref().map(places).transpose()?.unwrap_or_default();
    let typed = Typed { db: args.target.url()?, workers: args.workers.map(NonZeroUsize::get) };
    let resolved = resolve(&config, &typed);
    let sources = Sources::new(file.clone());
    let mut rows = sources.general(args, global, &marks, &resolved)?;
    rows.extend(sources.settings(&marks, &resolved));
    print(&if args.json { json(&rows)? } else { text_of(&rows) })?;
    let faults = of_content(file.as_deref().unwrap_or_default(), &marks, resolved.faults);
    if faults.is_empty() {
        return Ok(Exit::Loaded);
    }
    print_errors(&Error::many(faults).messages());
    Ok(Exit::Refused)
}

/// Where the keys stand. Without that, what the file says would look like defaults.
fn places(text: &ConfigText) -> Result<Marks> {
    Marks::of(&text.text).ok_or_else(|| {
        Error::refused("it works, but where its keys stand cannot be told, since it is not strict YAML")
            .at(Place::file(text.path.display().to_string()))
            .remedy("look for tabs, and for keys that are no text")
    })
}

/// Where values can come from.
struct Sources {
    file: Option<String>,
    typed: Option<ArgMatches>,
}

impl Sources {
    /// The command line is read once more, since what was made of it does not tell flags from the environment.
    fn new(file: Option<String>) -> Sources {
        let matches = Cli::command().try_get_matches_from(env::args_os()).ok();
        let below = |matches: &ArgMatches| matches.subcommand().map(|(_, matches)| matches.clone());
        Sources { file, typed: matches.as_ref().and_then(below).as_ref().and_then(below) }
    }

    fn is_typed(&self, id: &str) -> bool {
        self.typed.as_ref().and_then(|typed| typed.value_source(id)) == Some(ValueSource::CommandLine)
    }

    /// A row of a flag that has an environment variable.
    fn of_flag(&self, key: &str, value: String, id: &str, variable: &str) -> Row {
        match self.is_typed(id) {
            true => row(key, value, From::Flag, Some(format!("--{}", id.replace('_', "-")))),
            false => row(key, value, From::Environment, Some(variable.to_owned())),
        }
    }

    /// What is not in the file: which file, which database, which folder.
    fn general(
        &self,
        args: &ShowArgs,
        global: &GlobalArgs,
        marks: &Marks,
        resolved: &Resolved,
    ) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        rows.push(match (&self.file, &global.config) {
            (Some(file), Some(_)) => self.of_flag("config", file.clone(), "config", "PGHAUL_CONFIG"),
            (Some(file), None) => row("config", file.clone(), From::Default, None),
            (None, _) => row("config", "none".to_owned(), From::Default, None),
        });
        let described = resolved.target.as_ref().map(|target| target.describe());
        rows.push(match described {
            Some(url) if args.target.db.is_some() => self.of_flag("database", url, "db", ""),
            Some(url) if args.target.url()?.is_some() => {
                row("database", url, From::Environment, Some("DATABASE_URL".to_owned()))
            }
            Some(url) => self.of_file("database", url, marks.find("datastore")),
            None => row("database", "the embedded server".to_owned(), From::Default, None),
        });
        if let Some(place) = resolved.target.as_ref().and_then(|target| target.password_from_elsewhere()) {
            let from = if place == "PGPASSWORD" { From::Environment } else { From::File };
            rows.push(row("database password", HIDDEN.to_owned(), from, Some(place)));
        }
        rows.push(match &args.target.data_dir.data_dir {
            Some(folder) => {
                self.of_flag("data directory", folder.display().to_string(), "data_dir", "PGHAUL_DATA_DIR")
            }
            None => {
                let folder = Embedded::new(None)?.data_dir().display().to_string();
                row("data directory", folder, From::Default, None)
            }
        });
        Ok(rows)
    }

    /// The settings: of each section those of the file in its order, then those at their defaults.
    fn settings(&self, marks: &Marks, resolved: &Resolved) -> Vec<Row> {
        let mut sections: Vec<String> = Vec::new();
        let keys =
            marks.all.iter().map(|mark| &mark.path).chain(resolved.settings.iter().map(|(key, _)| key));
        for section in keys.map(|key| section_of(key)) {
            if !sections.iter().any(|known| known == section) {
                sections.push(section.to_owned());
            }
        }
        sections.extend(BEFORE_THE_FILE.iter().chain([&TOKEN]).map(|(key, _)| (*key).to_owned()));
        let mut rows: Vec<Row> = Vec::new();
        for section in sections {
            for mark in marks.below(&section) {
                if let Some(row) = self.of_mark(mark, marks, resolved) {
                    push(&mut rows, row);
                }
            }
            for (key, value) in resolved.settings.iter().filter(|(key, _)| is_below(key, &section)) {
                if marks.below(key).next().is_none() {
                    push(&mut rows, self.of_default(key, value, marks));
                }
            }
            if let Some(row) = self.of_environment(&section, marks) {
                push(&mut rows, row);
            }
        }
        rows
    }

    /// A key of the file, unless a flag or the environment comes before it. Keys of lists and maps have none.
    fn of_mark(&self, mark: &Mark, marks: &Marks, resolved: &Resolved) -> Option<Row> {
        let written = mark.text.as_ref()?;
        let before = BEFORE_THE_FILE.iter().find(|(key, _)| is_below(&mark.path, key));
        if let Some((key, _)) = before.filter(|(_, variable)| is_set(variable)) {
            return self.of_environment(key, marks);
        }
        let known = resolved.settings.iter().find(|(key, _)| *key == mark.path);
        let value = known.map_or_else(|| shown(&mark.path, written), |(_, value)| value.clone());
        if is_workers(&mark.path) && self.workers_are_given() {
            return Some(self.of_flag(&mark.path, value, "workers", "PGHAUL_WORKERS"));
        }
        Some(self.of_file(&mark.path, value, Some(mark)))
    }

    fn of_default(&self, key: &str, value: &str, marks: &Marks) -> Row {
        let value = value.to_owned();
        if is_workers(key) && self.workers_are_given() {
            return self.of_flag(key, value, "workers", "PGHAUL_WORKERS");
        }
        // Jobs take the number for all of them; the service has another default.
        let of_all = marks.find("max_workers").filter(|_| is_workers(key) && !key.starts_with("serve."));
        // What stands for a map that is elsewhere in the file has no keys of its own.
        let alias = marks.all.iter().find(|mark| mark.is_alias && is_below(key, &mark.path));
        match alias.or(of_all) {
            Some(mark) => self.of_file(key, value, Some(mark)),
            None => row(key, value, From::Default, None),
        }
    }

    fn of_environment(&self, key: &str, marks: &Marks) -> Option<Row> {
        let (key, variable) = BEFORE_THE_FILE.iter().chain([&TOKEN]).find(|(known, _)| *known == key)?;
        let is_free = *key != TOKEN.0 || (marks.find(key).is_none() && marks.find("serve").is_some());
        let value = env::var(variable).ok().filter(|value| !value.is_empty() && is_free)?;
        let value = if *key == "decrypt.key_file" { value } else { HIDDEN.to_owned() };
        Some(row(key, value, From::Environment, Some((*variable).to_owned())))
    }

    fn of_file(&self, key: &str, value: String, mark: Option<&Mark>) -> Row {
        let variables = mark.and_then(|mark| mark.text.as_deref()).map(variables_of).unwrap_or_default();
        Row { line: mark.map(|mark| mark.line), variables, ..row(key, value, From::File, self.file.clone()) }
    }

    fn workers_are_given(&self) -> bool {
        self.typed.as_ref().is_some_and(|typed| typed.value_source("workers").is_some())
    }
}

fn row(key: &str, value: String, from: From, name: Option<String>) -> Row {
    Row { key: key.to_owned(), value, from, name, line: None, variables: Vec::new() }
}

/// A key comes once: what stands for several keys of the file is found at each of them.
fn push(rows: &mut Vec<Row>, row: Row) {
    if !rows.iter().any(|known| known.key == row.key) {
        rows.push(row);
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn is_workers(key: &str) -> bool {
    key == "max_workers" || key.ends_with(".workers")
}

/// What a key is shown with: `xport_cfg`, or a job such as `fetch.users`.
fn section_of(key: &str) -> &str {
    let jobs = ["fetch", "drain", "sync"];
    let mut ends = key.match_indices(['.', '[']).map(|(at, _)| at);
    let top = ends.next().map_or(key, |end| &key[..end]);
    match jobs.contains(&top) {
        true => ends.next().map_or(key, |end| &key[..end]),
        false => top,
    }
}

fn json(rows: &[Row]) -> Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(rows).map_err(Error::failed)?))
}

fn text_of(rows: &[Row]) -> String {
    let rows: Vec<[String; 3]> =
        rows.iter().map(|row| [row.key.clone(), row.value.clone(), from(row)]).collect();
    table(["setting", "value", "from"], &rows, 0..0)
}

fn from(row: &Row) -> String {
    let name = row.name.clone().unwrap_or_default();
    let line = row.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let with =
        if row.variables.is_empty() { String::new() } else { format!(", with {}", row.variables.join(", ")) };
    match row.from {
        From::Flag => name,
        From::Environment => format!("environment {name}"),
        From::File => format!("{name}{line}{with}"),
        From::Default => "default".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_sections_of_their_own() {
        for (key, section) in [
            ("max_workers", "max_workers"),
            ("xport_cfg.dialects[0].match", "xport_cfg"),
            ("fetch", "fetch"),
            ("fetch.users", "fetch.users"),
            ("fetch.users.after[0]", "fetch.users"),
        ] {
            assert_eq!(section_of(key), section);
        }
    }
}
