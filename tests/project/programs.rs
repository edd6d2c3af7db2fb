//! No test is left out: every file below `tests` belongs to a test program, and what .ci/run names is there.

use pghaul_test_support::{files_below, repository};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The test programs: the folders of `tests` that cargo makes one of.
fn programs() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("tests")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    folders.filter(|folder| folder.join("main.rs").exists()).collect()
}

/// The file of the module `name` of a module whose others are in `folder`.
fn file_of(folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(format!("{name}.rs"));
    if file.exists() { file } else { folder.join(name).join("mod.rs") }
}

/// The file itself, and those of the modules that it names.
fn compiled(file: &Path, found: &mut BTreeSet<PathBuf>) {
    let text = fs::read_to_string(file).unwrap();
    let names = text
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'));
    for name in names {
        compiled(&file_of(file.parent().unwrap(), name), found);
    }
    found.insert(file.to_owned());
}

#[test]
fn every_file_is_a_module_of_its_program() {
    let programs = programs();
    assert!(programs.len() > 8, "{programs:?}");
    for program in programs {
        let there: BTreeSet<PathBuf> = files_below(&program, Some("rs")).into_iter().collect();
        let mut known = BTreeSet::new();
        compiled(&program.join("main.rs"), &mut known);
        assert_eq!(there, known);
    }
}

#[test]
fn what_runs_with_the_oldest_and_the_newest_server_exists() {
    let ci = fs::read_to_string(repository().join(".ci/run")).unwrap();
    let list = |name: &str| -> Vec<&str> {
        let (_, rest) = ci.split_once(&format!("\n{name}=(")).unwrap();
        rest.split_once(')').unwrap().0.split_whitespace().collect()
    };
    for program in list("programs_of_the_server") {
        assert!(repository().join("tests").join(program).join("main.rs").exists(), "tests/{program}");
    }
    let filters = list("modules_of_the_server");
    assert!(filters.len() > 5, "{filters:?}");
    for filter in filters {
        let module = filter.strip_suffix("::").unwrap_or_else(|| panic!("{filter}: a module ends with ::"));
        let (folders, name) = module.rsplit_once("::").unwrap_or(("", module));
        let is_there = programs()
            .iter()
            .any(|program| file_of(&program.join(folders.replace("::", "/")), name).exists());
        assert!(is_there, "no test program has the module {filter}");
    }
}
