//! `scripts/release`: what it packs, and what it does not take.

use super::{Published, archive, here, release};
use std::fs;
use std::process::Command;

#[test]
fn the_same_files_give_the_same_archive() {
    let published = Published::stand_in(&[&here()]);
    let path = published.folder().join(archive(&here()));
    let first = fs::read(&path).unwrap();
    let program = published.work.join("bin/stand-in");
    published.publish(&program, &[&here()]);
    assert_eq!(fs::read(&path).unwrap(), first);
    let list = Command::new("tar")
        .args(["--list", "--verbose", "--numeric-owner", "--utc", "--full-time", "--file"])
        .arg(path)
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for line in list.lines() {
        assert!(line.contains(" 0/0 ") && line.contains(" 2023-11-14 22:13:20 "), "{line}");
    }
    let names: Vec<&str> = list.lines().map(|line| line.split_whitespace().last().unwrap()).collect();
    assert!(names.is_sorted() && names.len() > 10, "{names:?}");
    // What it says of itself is looked at.
    let other = published.program("bin/other", "echo pghaul 9.9.9");
    let folder = published.folder();
    release(&["--to", folder.to_str().unwrap(), "--binary", other.to_str().unwrap(), &here()])
        .assert_code(1)
        .assert_stderr_has("is not pghaul");
}

#[test]
fn release_takes_what_it_can_do() {
    let refused = |args: &[&str], code: i32, text: &str| {
        let run = release(args);
        run.assert_code(code).assert_stderr_has(text);
    };
    let usage = "Builds what a release has";
    for args in [
        &["linux"][..],
        &["sbom", "x"],
        &["sums", "x"],
        &["notes"],
        &["installer"],
        &["--too", "x"],
        &["../x-y-z"],
    ] {
        refused(args, 2, usage);
    }
    refused(&["--binary", "Cargo.toml", "a-b-c", "d-e-f"], 2, usage);
    refused(&["notes", "v9.9.9"], 1, "the tag v9.9.9 is not of this version");
    refused(&["--to", "docs/bench", "installer", "http://example.com"], 1, "is not https");
    refused(&["--to", "nowhere", "sums"], 1, "there is no folder nowhere");
}
