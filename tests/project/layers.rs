//! The rules of the house, which docs/architecture.md and CONTRIBUTING.md tell: what may know what.

use pghaul_test_support::repository;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The jobs, which only the command line knows.
const JOBS: [&str; 6] = ["drain", "fetch", "generate", "ingest", "serve", "sync"];

/// Each layer with what it may know; all may know what is not listed here (errors, reports, secrets, interrupts).
const LAYERS: [(&str, &[&str]); 5] = [
    ("pg", &[]),
    ("config", &["pg"]),
    ("copy", &["config", "pg"]),
    ("table", &["config", "copy", "pg"]),
    ("run", &[]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The modules of the crate that a module names: in `use crate::{a::x, b}`, and as `crate::c::y`.
fn known_to(module: &str) -> BTreeSet<String> {
    let folder = repository().join("src").join(module);
    let files = sources(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    files.flat_map(|path| named_in(&fs::read_to_string(path).unwrap())).collect()
}

fn named_in(text: &str) -> BTreeSet<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (at, found) in code.match_indices("crate::") {
        let rest = &code[at + found.len()..];
        match rest.strip_prefix('{') {
            None => drop(names.insert(name(rest))),
            Some(list) => {
                let mut depth = 0;
                let mut is_start = true;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => is_start = true,
                        c if is_start && !c.is_whitespace() => {
                            names.insert(name(&list[at..]));
                            is_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

#[test]
fn jobs_do_not_know_each_other() {
    for job in JOBS {
        let known = known_to(job);
        assert!(known.contains("error") || known.contains("Result"), "{job}: {known:?}");
        let others: Vec<&str> =
            JOBS.into_iter().filter(|other| *other != job && known.contains(*other)).collect();
        assert!(others.is_empty() && !known.contains("cli"), "src/{job} names {others:?}, or cli");
    }
}

#[test]
fn what_lies_below_does_not_know_what_lies_above() {
    for (layer, below) in LAYERS {
        let known = known_to(layer);
        for above in JOBS.iter().chain(&["cli", "table", "copy", "config", "pg"]) {
            assert!(
                *above == layer || below.contains(above) || !known.contains(*above),
                "src/{layer} names {above}"
            );
        }
    }
}

#[test]
fn names_are_found_in_every_form_of_use() {
    let found = named_in(
        "use crate::{Error, copy::{into, rows}, pg};\nfn f(x: crate::config::Text) {}\n// crate::cli\n",
    );
    assert_eq!(found, ["Error", "config", "copy", "pg"].map(str::to_owned).into());
}
