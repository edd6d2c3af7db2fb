//! `scripts/profile`: what it does not take. Profiles are tested with the profiler, in scripts/profiler.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Run, repository};
use std::process::Command;

#[test]
fn anything_but_one_known_word_is_refused() {
    for arguments in [
        "",
        "Old",
        "OLD",
        "newest",
        "users",
        "--help",
        "ingest",
        "ingest-Old",
        "old new",
        "old 0",
        "old -5",
        "old 1.5",
        "old 1e6",
        "old 1000 1000",
        "old 1000 new",
        "new 9999999999999",
    ] {
        assert_refused(&arguments.split_whitespace().collect::<Vec<_>>());
    }
    assert_refused(&["old", ""]);
    assert_refused(&[""]);
    assert_refused(&["old "]);
}

#[track_caller]
fn assert_refused(arguments: &[&str]) {
    let mut command = Command::new(repository().join("scripts/profile"));
    let output = command.args(arguments).output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(1);
    run.assert(run.stdout.is_empty(), "nothing on stdout");
    run.assert(run.stderr == "usage: scripts/profile old|new|ingest-old|ingest-new [N]\n", "the usage line");
}
