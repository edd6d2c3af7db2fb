//! How the data files are named that are parts of one table: `{table}_{part}`.

use super::placeholders::{Piece, pieces};
use crate::{Error, Result};

/// A pattern with a table and a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFiles {
    before: String,
    between: String,
    behind: String,
    /// Whether the table stands before the part.
    table_is_first: bool,
}

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Table,
    Part,
}

impl DataFiles {
    /// Reads a pattern of the configuration's key at `path`.
    ///
    /// # Errors
    /// An unknown placeholder, a brace that is not closed, and a pattern that does not say table and part once each, with text in
    /// between.
    pub fn parse(path: &str, pattern: &str) -> Result<DataFiles> {
        let read = pieces(&pattern.to_lowercase(), part);
        read.and_then(|pieces| DataFiles::of(&pieces)).ok_or_else(|| {
            Error::refused(format!("{path}: {pattern:?} does not say where table and part stand"))
                .remedy("use {table} and {part}, with text in between, for example '{table}_{part}'")
        })
    }

    fn of(pieces: &[Piece<Part>]) -> Option<DataFiles> {
        let (mut texts, mut parts) = (vec![String::new()], Vec::new());
        for piece in pieces {
            match piece {
                Piece::Text(text) => texts.last_mut()?.push_str(text),
                Piece::Placeholder(part) => {
                    parts.push(*part);
                    texts.push(String::new());
                }
            }
        }
        let table_is_first = match parts.as_slice() {
            [Part::Table, Part::Part] => true,
            [Part::Part, Part::Table] => false,
            _ => return None,
        };
        let [before, between, behind] = texts.try_into().ok()?;
        (!between.is_empty()).then_some(DataFiles { before, between, behind, table_is_first })
    }

    /// The tables and parts that a data file's name without its extension, in lower case, may say: those with the longest name of a
    /// table first.
    pub fn readings(&self, stem: &str) -> Vec<(String, String)> {
        let inner =
            stem.strip_prefix(self.before.as_str()).and_then(|rest| rest.strip_suffix(self.behind.as_str()));
        let Some(inner) = inner else { return Vec::new() };
        let mut readings: Vec<(String, String)> = inner
            .char_indices()
            .filter_map(|(at, _)| {
                let (first, rest) = inner.split_at(at);
                let second = rest.strip_prefix(self.between.as_str())?;
                (!first.is_empty() && !second.is_empty()).then_some((first, second))
            })
            .map(|(first, second)| if self.table_is_first { (first, second) } else { (second, first) })
            .map(|(table, part)| (table.to_owned(), part.to_owned()))
            .collect();
        readings.sort_by_key(|(table, _)| std::cmp::Reverse(table.len()));
        readings
    }
}

fn part(name: &str) -> Option<Part> {
    match name {
        "table" => Some(Part::Table),
        "part" => Some(Part::Part),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(pattern: &str, name: &str) -> Vec<(String, String)> {
        DataFiles::parse("xport_cfg.data_files", pattern).unwrap().readings(name)
    }

    #[test]
    fn names_are_read_in_every_way_the_longest_table_first() {
        let some = |all: &[(&str, &str)]| -> Vec<(String, String)> {
            all.iter().map(|(table, part)| ((*table).to_owned(), (*part).to_owned())).collect()
        };
        assert_eq!(readings("{table}_{part}", "users_000"), some(&[("users", "000")]));
        assert_eq!(
            readings("{Table}_{Part}", "user_roles_1"),
            some(&[("user_roles", "1"), ("user", "roles_1")])
        );
        assert_eq!(readings("part-{part}.{table}.out", "part-7.users.out"), some(&[("users", "7")]));
        assert_eq!(
            readings("{part}__{table}", "a__b___c"),
            some(&[("b___c", "a"), ("_c", "a__b"), ("c", "a__b_")])
        );
        for other in ["users", "users_", "_1", "_", ""] {
            assert_eq!(readings("{table}_{part}", other), [], "{other}");
        }
    }

    #[test]
    fn a_pattern_says_table_and_part() {
        for bad in [
            "{table}",
            "{part}",
            "{table}{part}",
            "{table}_{table}_{part}",
            "{table}_{no}",
            "{table}_{part",
            "",
        ] {
            let error = DataFiles::parse("xport_cfg.data_files", bad).unwrap_err().to_string();
            assert!(error.starts_with(&format!("xport_cfg.data_files: {bad:?} does not say")), "{error}");
        }
    }
}
