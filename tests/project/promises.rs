//! Each promise in docs/promises.md names the tests that prove it, and these tests exist.

use pghaul_test_support::repository;
use std::fs;
use std::path::Path;

/// A promise's first words, and its tests, each with the file or folder that it is in.
type Promise = (String, Vec<(String, String)>);

fn promises(page: &str) -> Vec<Promise> {
    section(page, "# What pghaul promises\n")
}

/// The list of a section, each entry with the tests that it names.
fn section(page: &str, heading: &str) -> Vec<Promise> {
    let section = page.split(heading).nth(1).unwrap().split("\n## ").next().unwrap();
    section.split("\n- **").skip(1).map(promise).collect()
}

/// What stands in backticks is a file of tests, the name of a test in it, or something else: names of tests have no
/// blanks, and they come behind their file.
fn promise(text: &str) -> Promise {
    let text = text.split("\n\n").next().unwrap();
    let (title, _) = text.split_once("**").unwrap();
    let (mut tests, mut file) = (Vec::new(), None);
    for code in text.split('`').skip(1).step_by(2) {
        match code.strip_prefix("tests/") {
            Some(name) => file = Some(name.to_owned()),
            None => tests.extend(file.clone().map(|file| (file, code.to_owned()))),
        }
    }
    (title.to_owned(), tests)
}

/// The text of a file of tests, or of all files below a folder.
fn text(path: &Path) -> String {
    if !path.is_dir() {
        return fs::read_to_string(path).unwrap();
    }
    fs::read_dir(path).unwrap().map(|entry| text(&entry.unwrap().path())).collect()
}

#[test]
fn every_promise_names_tests_that_exist() {
    let page = fs::read_to_string(repository().join("docs/promises.md")).unwrap();
    let (promises, threats) = (promises(&page), section(&page, "\n## Against whom\n"));
    assert!(promises.len() > 10 && threats.len() == 10, "{promises:?} {threats:?}");
    for (title, tests) in promises.into_iter().chain(threats) {
        assert!(!tests.is_empty(), "no test: {title}");
        for (file, test) in tests {
            let text = text(&repository().join("tests").join(&file));
            let exists = text.contains(&format!("#[test]\nfn {test}()"));
            assert!(exists, "{title}: there is no test {test} in tests/{file}");
        }
    }
}
