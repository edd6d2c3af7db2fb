//! docs/troubleshooting.md quotes messages that pghaul has, in the order of the alphabet.

use pghaul_test_support::{repository, source_literals};
use std::fs;

/// The messages that the page quotes: what stands in bold code, one to a line.
fn quoted() -> Vec<String> {
    let page = fs::read_to_string(repository().join("docs/troubleshooting.md")).unwrap();
    page.lines()
        .filter_map(|line| line.strip_prefix("**`")?.strip_suffix("`**"))
        .map(|message| message.trim_matches('`').trim().to_owned())
        .collect()
}

/// A text of the sources as a user reads it: `…` where something is put in.
fn as_read(literal: &str) -> String {
    let (mut text, mut chars) = (String::new(), literal.chars().peekable());
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('{', Some('{')) | ('}', Some('}')) => {
                chars.next();
                text.push(c);
            }
            ('{', _) => {
                while chars.next().is_some_and(|c| c != '}') {}
                text.push('…');
            }
            ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            ('\\', Some('"')) => {}
            _ => text.push(c),
        }
    }
    text
}

#[test]
fn every_message_in_troubleshooting_is_one_of_pghauls() {
    let known: Vec<String> = source_literals().into_iter().map(|(_, literal)| as_read(&literal)).collect();
    let quoted = quoted();
    assert!(quoted.len() > 60, "only {} messages found: does this test still read the page?", quoted.len());
    for message in quoted {
        assert!(known.iter().any(|literal| literal.contains(&message)), "pghaul does not say: {message}");
    }
}

#[test]
fn messages_in_troubleshooting_are_in_order() {
    let key = |message: &String| {
        message.trim_start_matches(['…', ' ', ':', ',', '.']).to_lowercase().replace('`', "")
    };
    let keys: Vec<String> = quoted().iter().map(key).collect();
    for pair in keys.windows(2) {
        assert!(pair[0] <= pair[1], "`{}` stands before `{}`", pair[0], pair[1]);
    }
}

#[test]
fn placeholders_are_found() {
    assert_eq!(
        as_read(r#"type map {} knows \"{name:?}\", {{env: NAME}}"#),
        "type map … knows \"…\", {env: NAME}"
    );
    assert_eq!(as_read("one \\\n      two"), "one two");
}
