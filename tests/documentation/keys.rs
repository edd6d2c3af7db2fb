//! The tables of keys in docs/ are made from `cli/config/keys`, and their defaults are those that `config show` shows.
//!
//! A table stands between `<!-- keys: TOP … -->`, with the keys that the paths of its rows begin with, and
//! `<!-- end of keys -->`. `UPDATE_DOCS=1 cargo test --test documentation keys` writes them.

use crate::page::pages;
use clap::{Arg, Command, CommandFactory};
use pghaul::cli::Cli;
use pghaul::cli::config::keys;
use pghaul::cli::config::keys::key::{Default, Key, Variable};
use pghaul_test_support::{Workdir, pghaul, repository};
use serde_json::Value;
use std::collections::BTreeMap;
use std::{env, fs};

const BEGIN: &str = "<!-- keys: ";
const END: &str = "<!-- end of keys -->";

/// A job of each kind, with what no job can lack.
const JOBS: &str = "\
fetch: {JOB: {requests: {sql: SELECT 1}, url: 'https://h/', rows: '.[]', into: {table: t, mode: append}}}
drain: {JOB: {from: 'redis://h', replica: r, into: {table: t, mode: append}}}
sync: {JOB: {}}
serve: {tables: {TABLE: {key: id}}}
";

/// What `config show` shows of keys that the file lacks.
fn defaults() -> BTreeMap<String, String> {
    let work = Workdir::new();
    work.write("config.yml", JOBS);
    let run = pghaul!(work).args(["config", "show", "--json"]).run();
    run.assert_code(0);
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let of_defaults = rows.iter().filter(|row| row["from"] == "default");
    of_defaults.map(|row| (text(row, "key"), text(row, "value"))).collect()
}

/// The table of the keys below `tops`.
fn table(tops: &[&str], defaults: &BTreeMap<String, String>) -> String {
    let is_below = |key: &Key, top: &str| {
        key.path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let rows: Vec<&Key> =
        tops.iter().flat_map(|top| keys::all().filter(move |key| is_below(key, top))).collect();
    assert!(!rows.is_empty(), "{tops:?} names no key");
    let sources: Vec<String> = rows.iter().map(|key| first(key)).collect();
    let with_sources = sources.iter().any(|source| !source.is_empty());
    let are_flags = rows.iter().any(|key| key.flag.is_some());
    let mut text = match (with_sources, are_flags) {
        (true, true) => "| key | flag | meaning | default |\n| --- | --- | --- | --- |\n".to_owned(),
        (true, false) => "| key | variable | meaning | default |\n| --- | --- | --- | --- |\n".to_owned(),
        (false, _) => "| key | meaning | default |\n| --- | --- | --- |\n".to_owned(),
    };
    for (key, source) in rows.iter().zip(&sources) {
        // The page of a job's keys need not say whose they are.
        let path = key.path.split_once(".JOB.").map_or(key.path, |(_, path)| path);
        let source = if with_sources { format!(" {source} |") } else { String::new() };
        text += &format!("| `{path}` |{source} {} | {} |\n", key.meaning, default(key, defaults));
    }
    // An empty cell is one blank.
    text.replace("|  |", "| |")
}

/// What takes precedence over the file.
fn first(key: &Key) -> String {
    match (key.flag, key.variable) {
        (Some(flag), _) => format!("`{flag}`"),
        (None, Some(Variable::First(name))) => format!("`{name}`"),
        (None, _) => String::new(),
    }
}

fn default(key: &Key, defaults: &BTreeMap<String, String>) -> String {
    match (key.default, key.variable) {
        (Default::Words(words), _) => words.to_owned(),
        (Default::Constant(constant), _) => code(&constant()),
        (Default::Shown, Some(Variable::Fallback(name))) => code(name),
        (Default::Shown, _) => defaults.get(key.path).map(|value| code(value)).unwrap_or_default(),
    }
}

fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// The help of a flag that has a key, in the command that reads the key.
fn help_of(key: &Key) -> Option<String> {
    fn find<'c>(command: &'c Command, flag: &str) -> Option<&'c Arg> {
        let argument =
            command.get_arguments().find(|argument| argument.get_long() == flag.strip_prefix("--"));
        argument.or_else(|| command.get_subcommands().find_map(|command| find(command, flag)))
    }
    let root = Cli::command();
    let section = key.path.split('.').next()?;
    let command = root.find_subcommand(section).or(root.find_subcommand("ingest"))?;
    find(command, key.flag?)?.get_help().map(ToString::to_string)
}

#[test]
fn the_help_of_a_flag_has_the_default_of_its_key() {
    let mut seen = 0;
    for key in keys::all().filter(|key| matches!(key.default, Default::Shown)) {
        let (Some(help), Some(value)) = (help_of(key), defaults().get(key.path).cloned()) else { continue };
        if value != "false" {
            seen += 1;
            assert!(help.contains(&format!("{value}]")), "{}: {value} is not in {help:?}", key.path);
        }
    }
    assert!(seen >= 5, "only {seen} defaults found");
}

/// The page with its tables as they have to be, and the keys that they list.
fn made(page: &str, defaults: &BTreeMap<String, String>) -> (String, Vec<String>) {
    let (mut made, mut rest, mut listed) = (String::new(), page, Vec::new());
    while let Some((before, behind)) = rest.split_once(BEGIN) {
        let (tops, behind) = behind.split_once(" -->").unwrap();
        let (_, behind) = behind.split_once(END).unwrap_or_else(|| panic!("{BEGIN}{tops} has no {END}"));
        let names: Vec<&str> = tops.split(' ').collect();
        made += &format!("{before}{BEGIN}{tops} -->\n\n{}\n{END}", table(&names, defaults));
        listed.extend(names.into_iter().map(str::to_owned));
        rest = behind;
    }
    (made + rest, listed)
}

#[test]
fn tables_of_keys_are_made_from_the_keys() {
    let defaults = defaults();
    let is_update = env::var_os("UPDATE_DOCS").is_some();
    let mut listed = Vec::new();
    for page in pages() {
        let path = repository().join(&page);
        let text = fs::read_to_string(&path).unwrap();
        let (made, tops) = made(&text, &defaults);
        listed.extend(tops);
        if is_update {
            fs::write(path, made).unwrap();
        } else {
            let differs = made.lines().zip(text.lines()).find(|(made, is)| made != is);
            assert!(
                made == text,
                "{page}: run UPDATE_DOCS=1 cargo test --test documentation keys: {differs:?}"
            );
        }
    }
    let is_listed = |key: &Key| listed.iter().filter(|top| key.path.starts_with(top.as_str())).count();
    let not_once: Vec<&str> = keys::all().filter(|key| is_listed(key) != 1).map(|key| key.path).collect();
    assert!(not_once.is_empty(), "keys that stand in no table, or in several: {not_once:?}");
}
