//! A page of the documentation: its code blocks, and what the comments before them ask for.
//!
//! A comment stands right before its block, `<!-- test: with dumps; exit 3 -->`, and is a list of:
//!
//! | asks for | meaning |
//! | --- | --- |
//! | `file NAME` | the block is a file of this name, which is written |
//! | `with NAME` | something has to be there first: one of `provide.rs` |
//! | `REAL for SHOWN` | in this block, the one text in place of the other: fewer rows, say |
//! | `service` | the first command of the block runs until the others are done |
//! | `exit N` | the block ends with this exit code; otherwise with 0 |
//! | `embedded` | from here on the page uses the embedded server, as with no database configured |
//! | `parsed, since …` | its commands are only understood, not run; `main.rs` lists all such blocks |

use pghaul_test_support::repository;
use std::fs;

/// One code block.
#[derive(Debug)]
pub struct Block {
    /// Where it begins, `docs/fetch.md:12`.
    pub place: String,
    /// What stands behind the backticks.
    pub language: String,
    /// Its lines, without the indentation that the block has as a whole.
    pub text: String,
    /// What its comment asks for, in order.
    pub asks: Vec<Ask>,
}

/// What a comment asks for; see above.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    File(String),
    With(String),
    Instead { shown: String, real: String },
    Service,
    Exit(i32),
    Embedded,
    Parsed,
}

impl Block {
    /// The lines that a shell is to run, one for each line of the block (of its `$ ` lines where it shows output, too).
    pub fn commands(&self) -> Vec<&str> {
        match self.language.as_str() {
            "sh" => self.text.lines().collect(),
            "console" => self.text.lines().filter_map(|line| line.strip_prefix("$ ")).collect(),
            _ => Vec::new(),
        }
    }

    /// What it shows of the output.
    pub fn shown(&self) -> Vec<&str> {
        match self.language.as_str() {
            "console" => self.text.lines().filter(|line| !line.starts_with("$ ")).collect(),
            _ => Vec::new(),
        }
    }

    /// Its `pghaul` commands: what stands in a line from the name on, up to a comment, a pipe or a redirection.
    pub fn pghaul_commands(&self) -> Vec<String> {
        self.commands().into_iter().filter_map(pghaul_command).collect()
    }

    /// Whether it is to be run.
    pub fn is_run(&self) -> bool {
        !self.asks.contains(&Ask::Parsed)
            && (!self.pghaul_commands().is_empty() || self.text.starts_with("scripts/nightly "))
    }
}

/// The arguments of a line that runs `pghaul`.
pub fn pghaul_command(line: &str) -> Option<String> {
    let mut rest = line.trim_start();
    while let Some((word, behind)) = rest.split_once(' ')
        && word
            .split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    {
        rest = behind;
    }
    rest = rest.strip_prefix("pghaul ")?;
    let end = [" #", " | ", " >", " <"].iter().filter_map(|mark| rest.find(mark)).min();
    Some(rest[..end.unwrap_or(rest.len())].trim_end().to_owned())
}

/// The code blocks of a page, in order; `path` is that in the repository.
#[track_caller]
pub fn blocks(path: &str) -> Vec<Block> {
    let text = fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut blocks = Vec::new();
    let mut asks = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let place = format!("{path}:{}", number + 1);
        let inner = line.trim_start();
        if let Some(comment) = inner.strip_prefix("<!-- test: ") {
            let comment =
                comment.strip_suffix(" -->").unwrap_or_else(|| panic!("{place}: ` -->` is missing"));
            asks = comment.split("; ").map(|ask| parse(ask, &place)).collect();
        } else if let Some(language) = inner.strip_prefix("```") {
            let indent = line.len() - inner.len();
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim() != "```")
                .map(|line| line.get(indent..).unwrap_or_default())
                .collect();
            let text = body.join("\n") + "\n";
            blocks.push(Block {
                place,
                language: language.to_owned(),
                text,
                asks: std::mem::take(&mut asks),
            });
        } else {
            assert!(asks.is_empty(), "{place}: a comment for tests stands right before a code block");
        }
    }
    blocks
}

fn parse(ask: &str, place: &str) -> Ask {
    match ask.split_once(' ') {
        None if ask == "service" => Ask::Service,
        None if ask == "embedded" => Ask::Embedded,
        Some(("file", name)) => Ask::File(name.to_owned()),
        Some(("with", name)) => Ask::With(name.to_owned()),
        Some(("exit", code)) => Ask::Exit(code.parse().unwrap_or_else(|_| panic!("{place}: {ask}"))),
        Some(("parsed,", _)) => Ask::Parsed,
        _ => {
            let (real, shown) =
                ask.split_once(" for ").unwrap_or_else(|| panic!("{place}: what is `{ask}`?"));
            Ask::Instead { shown: shown.to_owned(), real: real.to_owned() }
        }
    }
}

/// README.md and every page under `docs`, as paths in the repository.
pub fn pages() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(repository().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
