//! The source of each setting: a flag, the environment, a line of the file, or the default.

use super::hidden::{HIDDEN, shown};
use super::keys;
use super::keys::key::{Key, Secrecy, Variable};
use super::resolved::{Resolved, Setting};
use super::rows::{From, Row, push};
use crate::Result;
use crate::cli::flags::target::{TargetArgs, variables};
use crate::config::{Mark, Marks, is_below};
use crate::pg::database::Location;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use std::env;
use std::path::Path;

/// The file, and the flags that were given.
pub struct Sources {
    file: Option<String>,
    flags: Vec<Given>,
}

/// A flag that was typed, or whose variable is set.
struct Given {
    flag: String,
    is_typed: bool,
    variable: Option<String>,
}

impl Sources {
    /// The file, and the flags of `config show` that were given. The command line is parsed once more: its first result does
    /// not distinguish flags from variables.
    pub fn new(file: Option<String>, mut root: Command) -> Sources {
        let matches = root.try_get_matches_from_mut(env::args_os()).ok();
        let below = |matches: &ArgMatches| matches.subcommand().map(|(_, matches)| matches.clone());
        let matches = matches.as_ref().and_then(below).as_ref().and_then(below);
        let command = root.find_subcommand("config").and_then(|config| config.find_subcommand("show"));
        let (Some(matches), Some(command)) = (matches, command) else {
            return Sources { file, flags: Vec::new() };
        };
        let given = command.get_arguments().filter_map(|argument| {
            let flag = format!("--{}", argument.get_long()?);
            let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned());
            match matches.value_source(argument.get_id().as_str())? {
                ValueSource::CommandLine => Some(Given { flag, is_typed: true, variable }),
                ValueSource::EnvVariable => Some(Given { flag, is_typed: false, variable }),
                _ => None,
            }
        });
        Sources { file, flags: given.collect() }
    }

    /// The rows of file, database and data directory.
    ///
    /// # Errors
    /// A `DATABASE_URL` that is not UTF-8, an embedded server that has no folder.
    pub fn general(&self, target: &TargetArgs, marks: &Marks, resolved: &Resolved) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        let embedded = target.data_dir.embedded(self.file.as_deref().map(Path::new))?;
        let file = self.file.clone().unwrap_or_else(|| "none".to_owned());
        rows.push(self.of_flag_or_default("config", file, "--config"));
        rows.push(match resolved.target.as_ref().map(|target| target.describe()) {
            Some(url) if target.db.is_some() => self.of_flag_or_default("database", url, "--db"),
            Some(url) if target.url()?.is_some() => {
                Row::new("database", url, From::Environment, Some("DATABASE_URL".to_owned()))
            }
            Some(url) if marks.find("datastore").is_none() => {
                let by = resolved.target.as_ref().map(variables);
                Row::new("database", url, From::Environment, by)
            }
            Some(url) => self.of_file("database", url, marks.find("datastore")),
            None => Row::new("database", Location::Private(embedded.clone()).describe(), From::Default, None),
        });
        for filled in resolved.target.iter().flat_map(|target| target.filled()) {
            let from = if filled.is_variable { From::Environment } else { From::File };
            let path = format!("database {}", filled.key);
            rows.push(Row::new(&path, filled.value.clone(), from, Some(filled.source.clone())));
        }
        if let Some(place) = resolved.target.as_ref().and_then(|target| target.password_from_elsewhere()) {
            let from = if place == "PGPASSWORD" { From::Environment } else { From::File };
            rows.push(Row::new("database password", HIDDEN.to_owned(), from, Some(place)));
        }
        let folder = embedded.data_dir().display().to_string();
        rows.push(self.of_flag_or_default("data directory", folder, "--data-dir"));
        Ok(rows)
    }

    /// The rows of all settings: for each section those of the file in its order, then those at their defaults.
    pub fn settings(&self, marks: &Marks, resolved: &Resolved) -> Vec<Row> {
        let mut sections: Vec<&str> = Vec::new();
        let of_file = marks.all.iter().map(|mark| mark.path.as_str());
        let of_jobs = resolved.settings.iter().map(|setting| setting.path.as_str());
        for section in of_file.chain(of_jobs).map(section_of) {
            if !sections.contains(&section) {
                sections.push(section);
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        for section in sections {
            for mark in marks.below(section) {
                if let Some(row) = self.of_mark(mark, resolved) {
                    push(&mut rows, row);
                }
            }
            for setting in resolved.settings.iter().filter(|setting| is_below(&setting.path, section)) {
                if marks.below(&setting.path).next().is_none() {
                    push(&mut rows, self.of_setting(setting, marks));
                }
            }
        }
        for key in keys::all() {
            if let Some(row) = of_variable(key, marks) {
                push(&mut rows, row);
            }
        }
        rows
    }

    /// The row of a key of the file, unless a variable or a flag takes precedence. Keys of lists and maps have no row.
    fn of_mark(&self, mark: &Mark, resolved: &Resolved) -> Option<Row> {
        let written = mark.text.as_ref()?;
        if let Some(row) = keys::all().find_map(|key| of_first_variable(key, &mark.path)) {
            return Some(row);
        }
        let setting = resolved.find(&mark.path);
        let value = setting.map_or_else(|| shown(&mark.path, written), |setting| setting.value.clone());
        let flag = setting.and_then(|setting| setting.key.flag);
        match flag.and_then(|flag| self.of_flag(&mark.path, &value, flag)) {
            Some(row) => Some(row),
            None => Some(self.of_file(&mark.path, value, Some(mark))),
        }
    }

    /// The row of a setting that the file lacks.
    fn of_setting(&self, setting: &Setting, marks: &Marks) -> Row {
        let Setting { path, value, key } = setting;
        if let Some(row) = key.flag.and_then(|flag| self.of_flag(path, value, flag)) {
            return row;
        }
        // `max_workers` counts for jobs; the service has another default.
        let of_all =
            marks.find("max_workers").filter(|_| path.ends_with(".workers") && *path != "serve.workers");
        // An alias in place of a map has no keys of its own.
        let alias = marks.all.iter().find(|mark| mark.is_alias && is_below(path, &mark.path));
        match alias.or(of_all) {
            Some(mark) => self.of_file(path, value.clone(), Some(mark)),
            None => Row::new(path, value.clone(), From::Default, None),
        }
    }

    fn of_file(&self, path: &str, value: String, mark: Option<&Mark>) -> Row {
        Row::of_file(path, value, self.file.clone(), mark)
    }

    /// The row of a value from a flag or its variable; none if neither is given.
    fn of_flag(&self, path: &str, value: &str, flag: &str) -> Option<Row> {
        let given = self.flags.iter().find(|given| given.flag == flag)?;
        Some(match given.is_typed {
            true => Row::new(path, value.to_owned(), From::Flag, Some(given.flag.clone())),
            false => Row::new(path, value.to_owned(), From::Environment, given.variable.clone()),
        })
    }

    fn of_flag_or_default(&self, path: &str, value: String, flag: &str) -> Row {
        self.of_flag(path, &value, flag).unwrap_or_else(|| Row::new(path, value, From::Default, None))
    }
}

/// The row of a key whose variable is set and counts.
fn of_variable(key: &Key, marks: &Marks) -> Option<Row> {
    match key.variable? {
        Variable::First(_) => of_first_variable(key, key.path),
        Variable::Fallback(name) => {
            let section = section_of(key.path);
            // The variable has no meaning without the section.
            let counts = marks.find(key.path).is_none() && marks.find(section).is_some();
            row_of_variable(key, name).filter(|_| counts)
        }
    }
}

/// The row of a key whose variable is set and takes precedence over `path` in the file.
fn of_first_variable(key: &Key, path: &str) -> Option<Row> {
    match key.variable? {
        Variable::First(name) if is_below(path, key.path) => row_of_variable(key, name),
        _ => None,
    }
}

fn row_of_variable(key: &Key, name: &str) -> Option<Row> {
    let value = env::var(name).ok().filter(|value| !value.is_empty())?;
    let value = if key.secrecy == Secrecy::Open { value } else { HIDDEN.to_owned() };
    Some(Row::new(key.path, value, From::Environment, Some(name.to_owned())))
}

/// The section that a key is shown in: `xport_cfg`, or a job such as `fetch.users`.
fn section_of(key: &str) -> &str {
    let jobs = ["fetch", "drain", "sync"];
    let mut ends = key.match_indices(['.', '[']).map(|(at, _)| at);
    let top = ends.next().map_or(key, |end| &key[..end]);
    match jobs.contains(&top) {
        true => ends.next().map_or(key, |end| &key[..end]),
        false => top,
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
