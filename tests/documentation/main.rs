//! The documentation does what it says: its commands run, its links lead somewhere, its messages are pghaul's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod keys;
mod links;
mod messages;
mod page;
mod provide;
mod shop_api;
mod story;

use page::{Ask, Block, blocks, pages};
use pghaul_test_support::repository;
use std::os::unix::fs::PermissionsExt;
use story::{parse, run_page};

/// The blocks whose commands are parsed and not run, by their first command: what they need is not there.
const ONLY_PARSED: [&str; 1] = ["docs/encrypted.md: ingest lms_v2.zip"];

/// Pages that benchmarks have written, with the commands of runs of minutes: those are parsed.
const OF_BENCHMARKS: &str = "docs/bench/";

/// One test for each page.
macro_rules! run_pages {
    ($($name:ident: $path:literal,)+) => {
        $(
            #[test]
            fn $name() {
                run_page($path);
            }
        )+
        const RUN: &[&str] = &[$($path),+];
    };
}

run_pages! {
    readme: "README.md",
    after: "docs/after.md",
    benchmarks: "docs/benchmarks.md",
    configuration: "docs/configuration.md",
    drain: "docs/drain.md",
    encrypted: "docs/encrypted.md",
    fetch: "docs/fetch.md",
    generate: "docs/generate.md",
    guards: "docs/guards.md",
    ingest: "docs/ingest.md",
    ledger: "docs/ledger.md",
    nightly: "docs/nightly.md",
    rules: "docs/rules.md",
    serve: "docs/serve.md",
    server_settings: "docs/server-settings.md",
    sync: "docs/sync.md",
    timeline: "docs/timeline.md",
    type_maps: "docs/type-maps.md",
    views: "docs/views.md",
}

/// The blocks of all pages that people have written.
fn written() -> impl Iterator<Item = (String, Block)> {
    let pages = pages().into_iter().filter(|page| !page.starts_with(OF_BENCHMARKS));
    pages.flat_map(|page| blocks(&page).into_iter().map(move |block| (page.clone(), block)))
}

#[test]
fn every_page_with_commands_is_run() {
    for (page, block) in written() {
        assert!(
            !block.is_run() || RUN.contains(&page.as_str()),
            "{}: add the page to run_pages!",
            block.place
        );
    }
}

#[test]
fn few_commands_are_only_parsed_and_they_are_listed() {
    let parsed: Vec<String> = written()
        .filter(|(_, block)| block.asks.contains(&Ask::Parsed))
        .map(|(page, block)| {
            format!("{page}: {}", block.pghaul_commands().first().cloned().unwrap_or_default())
        })
        .collect();
    assert_eq!(parsed, ONLY_PARSED);
    let run = written().filter(|(_, block)| block.is_run()).flat_map(|(_, block)| block.pghaul_commands());
    assert!(run.count() > 60, "most commands are run");
}

#[test]
fn every_command_is_one_that_pghaul_takes() {
    let mut seen = 0;
    for block in pages().iter().flat_map(|page| blocks(page)) {
        for command in block.pghaul_commands() {
            seen += 1;
            parse(&block.place, &command);
        }
    }
    assert!(seen > 70, "only {seen} commands found: does this test still read the pages?");
}

#[test]
fn every_script_that_is_named_exists() {
    let mut seen = 0;
    for (_, block) in written() {
        for line in block.commands() {
            let Some(at) = line.find("scripts/") else { continue };
            let name = line[at..].split([' ', '"', '\'']).next().unwrap();
            let file =
                repository().join(name).metadata().unwrap_or_else(|_| panic!("{}: {line}", block.place));
            assert!(file.permissions().mode() & 0o100 != 0, "{}: {name} cannot be run", block.place);
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} scripts found: does this test still read the pages?");
}
