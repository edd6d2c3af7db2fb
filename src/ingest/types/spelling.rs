//! How a type is spelled: words, and a list in parentheses.

use super::tokens::{closing_parenthesis, is_of_word};
use std::fmt;

/// A type as it is spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spelling {
    /// The words before and behind the parentheses, in lower case, with one blank between them.
    pub words: String,
    /// What stands in the parentheses, cut at the commas.
    pub parameters: Option<Vec<String>>,
}

/// How loosely a map's key matches a type. The least one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Words and parameters are the same.
    Exact,
    /// Numbers stand for letters.
    Numbers,
    /// Any list stands for `*`.
    AnyList,
}

impl Spelling {
    /// Reads a type as it is written. None for a text that is not written like a type.
    pub fn parse(text: &str) -> Option<Spelling> {
        let lower = text.trim().to_lowercase();
        let (before, list, after) = match lower.split_once('(') {
            None => (lower.as_str(), None, ""),
            Some((before, rest)) => {
                let end = closing_parenthesis(rest)?;
                (before, Some(&rest[..end]), &rest[end + 1..])
            }
        };
        let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
        let well_formed = words.iter().all(|word| word.chars().all(is_of_word));
        if words.is_empty() || !well_formed {
            return None;
        }
        let parameters = list.map(|list| list.split(',').map(|p| p.trim().to_owned()).collect());
        Some(Spelling { words: words.join(" "), parameters })
    }

    /// The single letters in the parentheses of a map's key, which stand for numbers.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().flatten().map(String::as_str).filter(|p| is_placeholder(p))
    }

    /// Whether this key of a map matches `source`, and what its placeholders stand for.
    pub fn matches<'s>(&'s self, source: &'s Spelling) -> Option<(Match, Vec<(&'s str, &'s str)>)> {
        if self.words != source.words {
            return None;
        }
        match (&self.parameters, &source.parameters) {
            (None, None) => Some((Match::Exact, Vec::new())),
            (Some(keys), Some(_)) if keys.as_slice() == ["*"] => Some((Match::AnyList, Vec::new())),
            (Some(keys), Some(values)) if keys.len() == values.len() => {
                let mut bound = Vec::new();
                for (key, value) in keys.iter().zip(values) {
                    if is_placeholder(key) && value.parse::<u32>().is_ok() {
                        bound.push((key.as_str(), value.as_str()));
                    } else if key != value {
                        return None;
                    }
                }
                Some((if bound.is_empty() { Match::Exact } else { Match::Numbers }, bound))
            }
            _ => None,
        }
    }

    /// A map's key for this type with any numbers: `frobnicator(n)` for `frobnicator(3)`.
    pub fn as_key(&self) -> Spelling {
        let letters = match self.parameters.as_deref() {
            Some([number]) if is_number(number) => &["n"][..],
            Some([one, two]) if is_number(one) && is_number(two) => &["p", "s"],
            Some(_) => &["*"],
            None => return self.clone(),
        };
        let parameters = Some(letters.iter().map(|&letter| letter.to_owned()).collect());
        Spelling { words: self.words.clone(), parameters }
    }
}

/// The list stands behind the first word, as in `timestamp(3) with time zone`, but behind both of `character varying`
/// and its like.
impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parameters) = &self.parameters else { return f.write_str(&self.words) };
        let behind = ["with ", "without ", "unsigned", "for bit data"];
        let at = behind.iter().filter_map(|words| self.words.find(words)).min().unwrap_or(self.words.len());
        let (first, rest) = self.words.split_at(at);
        let text = format!("{}({}) {rest}", first.trim_end(), parameters.join(","));
        f.write_str(text.trim_end())
    }
}

fn is_placeholder(parameter: &str) -> bool {
    parameter.len() == 1 && parameter.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn is_number(parameter: &str) -> bool {
    parameter.parse::<u32>().is_ok()
}
