//! The texts in pghaul's sources, for tests that compare them with its flags and its documentation.

use crate::repository;
use std::fs;
use std::path::{Path, PathBuf};

/// The string literals of all sources, without those of unit tests.
#[track_caller]
pub fn source_literals() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in files_below(&repository().join("src"), Some("rs")) {
        let text = fs::read_to_string(&path).expect("the sources can be read");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        found.extend(literals_of(code).into_iter().map(|literal| (path.clone(), literal)));
    }
    found
}

/// The files below a folder, all of them or those of one extension.
#[track_caller]
pub fn files_below(folder: &Path, extension: Option<&str>) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files_below(&path, extension) } else { vec![path] };
    let files = entries.flat_map(below);
    files.filter(|path| extension.is_none_or(|end| path.extension().is_some_and(|own| own == end))).collect()
}

/// The string literals of `code`, as they are written there.
pub fn literals_of(code: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next().is_some_and(|c| c != '\n') {},
            '\'' => {
                // A quote or a backslash as a character; lifetimes hold neither.
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next(), ahead.next()) {
                    (Some('\\'), _, Some('\'')) => drop(chars.by_ref().take(3).count()),
                    (Some('"'), Some('\''), _) => drop(chars.by_ref().take(2).count()),
                    _ => {}
                }
            }
            '"' => {
                let mut literal = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    literal.push(c);
                    if c == '\\' {
                        literal.extend(chars.next());
                    }
                }
                literals.push(literal);
            }
            _ => {}
        }
    }
    literals
}
