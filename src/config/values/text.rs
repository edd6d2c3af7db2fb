//! Texts in which `${VAR}` stands for an environment variable.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// A text in which `${VAR}` has been replaced by the environment variable; `$${` stands for a plain `${`.
/// A bare number or `true` is taken as the text it is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                expand(text, |name| std::env::var(name).ok()).map(Text).map_err(E::custom)
            }
        }
        // Asked for a text, the YAML reader returns the written form: `0123` stays `0123`.
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Replaces `${NAME}` by the value that `lookup` returns for it, and `$${` by `${`.
///
/// # Errors
/// A variable without a value, or `${` without `}`.
pub fn expand(text: &str, mut lookup: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (name, after) =
            rest[at + 2..].split_once('}').ok_or("`${` without `}`; write `$${` for a plain `${`")?;
        let value = lookup(name).ok_or_else(|| format!("environment variable `{name}` is not set"))?;
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The environment variables that a text names as `${NAME}`, in their order.
pub fn variables_of(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // After `${` without `}`, no further variable can follow.
    let _ = expand(text, |name| {
        names.push(name.to_owned());
        Some(String::new())
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found() {
        assert_eq!(variables_of("${A}x$${B}${C}"), ["A", "C"]);
        assert!(variables_of("plain ${").is_empty());
    }

    fn expanded(text: &str) -> Result<String, String> {
        expand(text, |name| (name == "X").then(|| "${Y}".to_owned()))
    }

    #[test]
    fn variables_are_replaced_once_and_an_escape_stays() {
        assert_eq!(expanded("a${X}b${X}").unwrap(), "a${Y}b${Y}");
        assert_eq!(expanded("$${X} costs 5 $").unwrap(), "${X} costs 5 $");
        assert!(expanded("${Z}").unwrap_err().contains("`Z` is not set"));
        assert!(expanded("${X").unwrap_err().contains("without `}`"));
    }

    #[test]
    fn a_text_is_what_was_written() {
        for text in ["0123", "0x1F", "+5", "1e3", "12.5", "true", "1_000", "~x"] {
            assert_eq!(serde_yaml::from_str::<Text>(text).unwrap().0, text);
        }
    }
}
