//! Every relative link leads to a file of the repository, and every anchor to a heading.

use crate::page::pages;
use pghaul_test_support::repository;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The lines of a page outside of code blocks, numbered from 1, without what stands in backticks.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut in_code = false;
    text.lines()
        .enumerate()
        .filter_map(|(number, line)| {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            (!is_fence && !in_code).then(|| (number + 1, line.to_owned()))
        })
        .collect()
}

fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("")
}

/// What a heading's anchor is, as forges make it: letters, digits, hyphens and underscores, blanks as hyphens.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    prose(&text)
        .into_iter()
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| anchor(&line))
        .collect()
}

/// Where each `[…](TARGET)` and image of a line leads.
fn targets(line: &str) -> Vec<String> {
    let line = without_code(line);
    let pieces = line.split("](").skip(1);
    pieces.filter_map(|behind| behind.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// `docs/../config.yml` is `config.yml`, and `docs/../../x` is out of the repository.
fn within(path: &Path) -> Option<PathBuf> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.iter().collect())
}

#[test]
fn every_link_leads_somewhere() {
    let (mut seen, mut wrong) = (0, Vec::new());
    let others = ["CHANGELOG.md", "CONTRIBUTING.md", "fixtures/README.md"];
    for page in pages().into_iter().chain(others.map(str::to_owned)) {
        let folder = Path::new(&page).parent().unwrap();
        for (number, line) in prose(&fs::read_to_string(repository().join(&page)).unwrap()) {
            for target in targets(&line).into_iter().filter(|target| !target.contains("://")) {
                seen += 1;
                let (file, wanted) = target.split_once('#').unwrap_or((&target, ""));
                let file = if file.is_empty() { PathBuf::from(&page) } else { folder.join(file) };
                let file = within(&file).map(|file| repository().join(file)).filter(|file| file.exists());
                let leads = file.is_some_and(|file| wanted.is_empty() || anchors(&file).contains(wanted));
                if !leads {
                    wrong.push(format!("{page}:{number}: {target}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
    assert!(seen > 100, "only {seen} links found: does this test still read the pages?");
}

#[test]
fn links_and_anchors_are_found_as_forges_make_them() {
    assert_eq!(targets("a [b](c.md) `[no](no.md)` ![d](e.svg), [f](#g)"), ["c.md", "e.svg", "#g"]);
    assert_eq!(anchor("## What `pghaul` promises: `a_b`, 10 %"), "what-pghaul-promises-a_b-10-");
    assert_eq!(within(Path::new("docs/../config.yml")), Some(PathBuf::from("config.yml")));
    assert_eq!(within(Path::new("docs/../../passwd")), None);
}
