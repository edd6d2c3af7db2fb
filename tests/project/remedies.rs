//! Every flag and configuration key that a message names exists.

use pghaul::cli::config::keys;
use pghaul_test_support::{literals_of, source_literals};
use std::collections::BTreeSet;
use std::process::Command;

/// Arguments that we give to PostgreSQL's own programs, and those that we advise giving to others.
const FLAGS_OF_OTHER_PROGRAMS: [&str; 16] = [
    "--auth",
    "--data-checksums",
    "--dbname",
    "--dereference", // tar
    "--encoding",
    "--hard-dereference", // tar
    "--lc-ctype",
    "--locale",
    "--mode",
    "--silent",
    "--single",
    "--sparse", // tar
    "--system", // useradd
    "--timeout",
    "--username",
    "--wait",
];

/// The words in `text` that begin with `prefix`.
fn words(text: &str, prefix: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c == '_' || c == '-';
    text.match_indices(prefix)
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-'))
        .filter_map(|(at, _)| {
            let rest = &text[at + prefix.len()..];
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let word = rest[..end].trim_end_matches('-');
            (!word.is_empty()).then(|| format!("{prefix}{word}"))
        })
        .collect()
}

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pghaul")).args(args).arg("--help").output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_flag_in_a_message_exists() {
    let commands = [
        &[][..],
        &["ingest"],
        &["drain"],
        &["fetch"],
        &["sync", "once"],
        &["sync", "watch"],
        &["generate", "users"],
        &["generate", "dump"],
        &["generate", "like"],
        &["inspect"],
        &["serve"],
        &["status"],
        &["config", "check"],
        &["config", "show"],
        &["db"],
        &["db", "stop"],
        &["db", "psql"],
    ];
    let help: String = commands.map(help).concat();
    let known = words(&help, "--");
    assert!(known.contains("--mothers") && known.contains("--data-dir") && known.contains("--force"));
    let mut seen = 0;
    for (path, literal) in source_literals() {
        for flag in words(&literal, "--") {
            seen += 1;
            let foreign = FLAGS_OF_OTHER_PROGRAMS.contains(&flag.as_str());
            assert!(known.contains(&flag) || foreign, "{}: {flag} in {literal:?}", path.display());
        }
    }
    assert!(seen > 20, "only {seen} flags found: does this test still read the sources?");
}

#[test]
fn every_configuration_key_in_a_message_exists() {
    // `limits.` is a part of `serve.limits.`, too.
    let is_known =
        |key: &str| keys::all().any(|known| format!(".{}", known.path).ends_with(&format!(".{key}")));
    let mut seen = 0;
    for (path, literal) in source_literals() {
        for section in ["xport_cfg.", "datastore.", "limits."] {
            for key in words(&literal, section) {
                seen += 1;
                assert!(is_known(&key), "{}: {key} in {literal:?}", path.display());
            }
        }
    }
    assert!(seen > 15, "only {seen} keys found: does this test still read the sources?");
}

#[test]
fn literals_are_told_from_comments_and_characters() {
    let code =
        "// \"no\"\nlet a = \"yes --flag-x; \\\" more\"; let b = '\"'; let c = '\\''; f::<'a>(\"too\")";
    assert_eq!(literals_of(code), ["yes --flag-x; \\\" more", "too"]);
    assert_eq!(words("(--a-b) x--c `--d`", "--"), ["--a-b", "--d"].map(str::to_owned).into());
}
