//! The scripts for developers: what they do not take, and say so before they install or build anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Run, repository};
use std::process::Command;

#[test]
fn profile_takes_one_known_word_and_a_number() {
    let refused = |arguments: &[&str]| {
        refused("profile", arguments, 1, "usage: scripts/profile old|new|ingest-old|ingest-new [N]\n");
    };
    refused(&[]);
    for word in ["", "Old", "OLD", "old ", "newest", "users", "--help", "ingest", "ingest-Old", "100"] {
        refused(&[word]);
    }
    for number in ["", "0", "-5", "+5", "1.5", "1e6", " 7", "007", "new", "9999999999999"] {
        refused(&["old", number]);
    }
    refused(&["old", "1000", "new"]);
    refused(&["new", "1000", "1000"]);
}

#[test]
fn bench_takes_what_it_can_measure() {
    let refused = |arguments: &[&str]| {
        refused("bench", arguments, 2, "usage: scripts/bench generate [--quick] [--write]\n")
    };
    refused(&[]);
    for what in ["", "Generate", "everything", "--quick", "--help"] {
        refused(&[what]);
    }
    for flag in ["", "quick", "--quik", "generate"] {
        refused(&["generate", flag]);
        refused(&["generate", "--quick", flag]);
    }
}

#[track_caller]
fn refused(script: &str, arguments: &[&str], code: i32, usage: &str) {
    let mut command = Command::new(repository().join("scripts").join(script));
    let output = command.args(arguments).output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(code);
    run.assert(run.stdout.is_empty() && run.stderr.starts_with(usage), "the usage line on stderr");
}
