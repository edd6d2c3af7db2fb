//! `pghaul config check`: all faults of the configuration, as `FILE:LINE:COLUMN: what is wrong`.

use super::resolved::{SectionFault, Typed, resolve};
use crate::cli::flags::global::GlobalArgs;
use crate::config::{ConfigText, Marks, faults, is_below};
use crate::exit::Exit;
use crate::ingest::settings::{Request, Settings};
use crate::report::print;
use crate::{Error, Place, Result};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  pghaul config check                             ./config.yml
  pghaul config check --config nightly.yml        another file, before cron does
  pghaul config check && pghaul ingest            load only if there is no fault

Checked are the keys, their values, the jobs, and the files that they name. No database is \
connected to, and nothing is written. Faults of the form hide those of the content: correct them \
first.

Exit codes: 0 no fault; 2 there are faults, one line for each: FILE:LINE:COLUMN: what is wrong, \
and what helps.";

/// The arguments of `pghaul config check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {}

/// Runs `pghaul config check`.
///
/// # Errors
/// All faults; a file that cannot be read.
pub fn run(_: &CheckArgs, global: &GlobalArgs) -> Result<Exit> {
    let Some(text) = ConfigText::find(global.config.as_deref())? else {
        say(global, "there is no ./config.yml: every setting has its default\n")?;
        return Ok(Exit::Loaded);
    };
    let faults = faults_of(&text);
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    say(global, &format!("{}: no faults\n{}", text.path.display(), formats_of(&text)?))?;
    Ok(Exit::Loaded)
}

/// How data files are written, for each kind of dumps where that is not the default, and what says so.
fn formats_of(text: &ConfigText) -> Result<String> {
    let settings = Settings::resolve(Request::default(), &text.parse()?)?;
    let dialects = settings.dialects.iter();
    let described = dialects.filter_map(|dialect| Some((dialect.pattern(), dialect.text.description()?)));
    Ok(described.map(|(pattern, text)| format!("data files of dumps {pattern:?}: {text}\n")).collect())
}

/// All faults of a file. Faults of the content are only found if the form is right.
fn faults_of(text: &ConfigText) -> Vec<Error> {
    let file = text.path.display().to_string();
    let of_form = faults(&text.text);
    if !of_form.is_empty() {
        return of_form.into_iter().map(|fault| located(&file, fault.at, &fault.what)).collect();
    }
    match text.parse() {
        Ok(config) => {
            let marks = Marks::of(&text.text).unwrap_or_default();
            of_content(&file, &marks, resolve(&config, &Typed::default()).faults)
        }
        Err(error) => vec![error],
    }
}

/// Faults of the content, as errors in the order of the file.
pub fn of_content(file: &str, marks: &Marks, faults: Vec<SectionFault>) -> Vec<Error> {
    let mut found: Vec<(Option<(usize, usize)>, String)> = Vec::new();
    for SectionFault { section, error } in faults {
        for message in error.messages() {
            // The place at the front names the file already, and the line.
            let message =
                message.strip_prefix(file).unwrap_or(&message).trim_start_matches([':', ',', '/', ' ']);
            let message = without_line(message);
            found.push((place(marks, &section, message), message.to_owned()));
        }
    }
    found.sort();
    found.dedup();
    found.into_iter().map(|(at, what)| located(file, at, &what)).collect()
}

/// A message without the line that it begins with.
fn without_line(message: &str) -> &str {
    let behind = message.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
    match behind {
        Some((line, rest)) if line.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => message,
    }
}

/// The line and column of a fault: those of the longest key that the message names, in full or from the section on, or
/// else those of the section.
fn place(marks: &Marks, section: &str, message: &str) -> Option<(usize, usize)> {
    let candidates = marks.all.iter().filter(|mark| section.is_empty() || is_below(&mark.path, section));
    let named = candidates.filter(|mark| {
        let within = mark.path.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
        has_word(message, &mark.path) || within.is_some_and(|key| has_word(message, key))
    });
    let mark = named.max_by_key(|mark| mark.path.len()).or_else(|| marks.find(section))?;
    Some((mark.line, mark.column))
}

/// Whether a message has a key as a word of its own.
fn has_word(message: &str, key: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    message
        .match_indices(key)
        .any(|(at, _)| !message[..at].ends_with(is_part) && !message[at + key.len()..].starts_with(is_part))
}

fn located(file: &str, at: Option<(usize, usize)>, what: &str) -> Error {
    let place = match at {
        Some((line, column)) => format!("{file}:{line}:{column}"),
        None => file.to_owned(),
    };
    Error::refused(what).at(Place::file(place))
}

fn say(global: &GlobalArgs, text: &str) -> Result<()> {
    if global.quiet { Ok(()) } else { print(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_stands_at_the_longest_key_that_its_message_names() {
        let marks = Marks::of(
            "xport_cfg:\n  archive: true\n  archive_path: x\nfetch:\n  users:\n    url: x\n    rows: y\n",
        )
        .unwrap();
        let place = |section: &str, message: &str| place(&marks, section, message).unwrap().0;
        assert_eq!(place("xport_cfg", "xport_cfg.archive is true"), 2);
        assert_eq!(place("xport_cfg", "xport_cfg.archive_path is wrong"), 3);
        assert_eq!(place("fetch.users", "fetch.users.rows: no filter"), 7);
        assert_eq!(place("fetch.users", "url begins with neither"), 6);
        assert_eq!(place("fetch.users", "nothing that is known, browsers"), 5);
    }
}
