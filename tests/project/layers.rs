//! The rules of the house, which docs/architecture.md and CONTRIBUTING.md tell: what may know what, and how full a room may be.

use super::arrows::House;
use pghaul_test_support::{files_below, repository};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// The jobs, which only the command line knows.
const JOBS: [&str; 6] = ["drain", "fetch", "generate", "ingest", "serve", "sync"];

/// Rooms from the top down: each may know what stands below it, and nothing above. Jobs are side by side.
const LAYERS: [&str; 8] = ["cli", "JOB", "table", "copy", "config", "pg", "report", "run"];

/// The rooms of jobs and layers that have a story to tell, from the top down.
const STORIES: [(&str, &[&str]); 2] = [
    (
        "ingest",
        &[
            "inspect",
            "shelf",
            "after",
            "load",
            "publish",
            "guard",
            "plan",
            "union",
            "catalogue",
            "source",
            "settings",
            "types",
        ],
    ),
    ("copy", &["values", "relay", "send", "verify", "encode", "rejects", "notices", "figures", "input"]),
];

/// Files that a folder may hold directly; in more of them nothing is found by looking.
const MOST_FILES: usize = 15;

#[test]
fn jobs_do_not_know_each_other() {
    let house = House::read();
    for job in JOBS {
        let known = house.rooms_known_to(&[job]);
        assert!(known.contains("error"), "src/{job} reports no errors? {known:?}");
        let others: Vec<&str> =
            JOBS.into_iter().filter(|other| *other != job && known.contains(*other)).collect();
        assert!(others.is_empty(), "src/{job} names {others:?}");
    }
}

#[test]
fn what_lies_below_does_not_know_what_lies_above() {
    let house = House::read();
    let rooms = |layer: &'static str| if layer == "JOB" { JOBS.to_vec() } else { vec![layer] };
    for (number, layer) in LAYERS.into_iter().enumerate() {
        for room in rooms(layer) {
            let known = house.rooms_known_to(&[room]);
            for above in LAYERS[..number].iter().flat_map(|above| rooms(above)) {
                assert!(!known.contains(above), "src/{room} names {above}");
            }
        }
    }
    for (job, story) in STORIES {
        for (number, room) in story.iter().enumerate() {
            let known = house.rooms_known_to(&[job, room]);
            for above in &story[..number] {
                assert!(!known.contains(*above), "src/{job}/{room} names {job}::{above}");
            }
        }
    }
}

#[test]
fn no_two_files_know_each_other_in_a_circle() {
    assert_eq!(House::read().circles(), Vec::<BTreeSet<String>>::new());
}

#[test]
fn no_folder_is_too_full_to_look_through() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in files_below(&repository().join("src"), None) {
        *counts.entry(path.parent().unwrap().display().to_string()).or_default() += 1;
    }
    let full: Vec<_> = counts.iter().filter(|(_, count)| **count > MOST_FILES).collect();
    assert!(full.is_empty(), "{full:?}");
}

#[test]
fn statements_stand_beside_those_who_use_them() {
    for path in files_below(&repository().join("src"), Some("sql")) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let used = files_below(path.parent().unwrap(), Some("rs"))
            .into_iter()
            .filter(|user| user.parent() == path.parent())
            .any(|user| fs::read_to_string(user).unwrap().contains(&format!("include_str!(\"{name}\")")));
        assert!(used, "no file beside {} reads it", path.display());
    }
}

/// Files are named by the end of their paths, folders by `src/…/`.
#[test]
fn files_that_the_documentation_of_the_house_names_exist() {
    let paths: Vec<PathBuf> = ["src", "tests", "fuzz/fuzz_targets", "fuzz/src", "benches"]
        .iter()
        .flat_map(|folder| files_below(&repository().join(folder), None))
        .collect();
    let mut seen = 0;
    for page in ["docs/architecture.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(repository().join(page)).unwrap();
        let code = text.split('`').skip(1).step_by(2);
        for name in code.filter(|code| code.ends_with(".rs") || code.ends_with(".sql")) {
            if name.starts_with('.') || name.contains(|c: char| c.is_uppercase() || c.is_whitespace()) {
                continue;
            }
            seen += 1;
            assert!(paths.iter().any(|path| path.ends_with(name)), "{page}: there is no file {name}");
        }
    }
    assert!(seen > 40, "only {seen} files found: does this test still read the pages?");
}
