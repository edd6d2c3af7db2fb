//! A line of the configuration: a value, and why.

use crate::report::thousands;
use std::fmt;

/// A value, and the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The value, not yet in YAML.
    pub value: String,
    /// The evidence and the doubt, for a comment.
    pub why: String,
}

impl Said {
    /// A value for this reason.
    pub fn new(value: impl Into<String>, why: impl Into<String>) -> Said {
        Said { value: value.into(), why: why.into() }
    }
}

/// A key of a dialect, its value in YAML, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The key.
    pub key: &'static str,
    /// The value, as YAML has it; nothing for a key that is only a comment.
    pub value: Option<String>,
    /// The evidence and the doubt.
    pub why: String,
}

/// Where something is in a data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// The line, counted from 1.
    Line(u64),
    /// About so many bytes behind the beginning: the lines before were not all looked at.
    Byte(u64),
}

impl Spot {
    /// Whether it is behind the beginning that was looked at as a whole.
    pub fn is_late(self) -> bool {
        matches!(self, Spot::Byte(_))
    }

    /// For evidence: where this is if it is late, and else nothing.
    pub fn if_late(self, label: &str) -> String {
        if self.is_late() { format!(", first {self} of {label}") } else { String::new() }
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Spot::Line(line) => write!(f, "in line {line}"),
            Spot::Byte(byte) => write!(f, "near byte {}", thousands(*byte)),
        }
    }
}

/// A text as YAML has it: in single quotes, or in double quotes where it holds control characters.
pub fn yaml(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_word = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_plain);
    match text {
        _ if text.chars().any(char::is_control) => serde_json::Value::from(text).to_string(),
        "true" | "false" => text.to_owned(),
        "null" | "yes" | "no" | "on" | "off" | "y" | "n" => format!("'{text}'"),
        _ if is_word => text.to_owned(),
        _ => format!("'{}'", text.replace('\'', "''")),
    }
}

/// Text from a file, fit for a comment: one line, and short.
pub fn quoted(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    format!("{clean:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_from_yaml_as_they_were() {
        for text in [
            "|", "`", "'", "\"", "\t", "\r\n", "", "NULL", "null", "\\N", "none", "utf-16le", "#", "y",
            "|~|", "\u{1f}",
        ] {
            let read: String = serde_yaml::from_str(&yaml(text)).unwrap();
            assert_eq!(read, text, "{}", yaml(text));
        }
    }
}
