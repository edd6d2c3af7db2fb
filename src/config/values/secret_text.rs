//! Texts that may hold secrets.

use super::text::expand;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::cell::RefCell;
use std::fmt;

/// A text that may hold secrets, such as the values that have replaced `${VAR}`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText {
    /// The text.
    pub text: String,
    /// The text as it is written.
    written: String,
    /// The values of environment variables in it.
    pub secrets: Vec<String>,
}

impl SecretText {
    /// The text as a template: values of variables are `quoted`, and braces in them stand for themselves.
    pub fn template(&self, quoted: impl Fn(&str) -> String) -> String {
        let value = |name: &str| {
            let value = std::env::var(name).ok()?;
            Some(quoted(&value).replace('{', "{{").replace('}', "}}"))
        };
        // All of them were there when the text was read.
        expand(&self.written, value).unwrap_or_default()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SecretVisitor;
        impl Visitor<'_> for SecretVisitor {
            type Value = SecretText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SecretText, E> {
                let secrets = RefCell::new(Vec::new());
                let lookup = |name: &str| {
                    let value = std::env::var(name).ok()?;
                    secrets.borrow_mut().push(value.clone());
                    Some(value)
                };
                let written = text.to_owned();
                let text = expand(text, lookup).map_err(E::custom)?;
                Ok(SecretText { text, written, secrets: secrets.into_inner() })
            }
        }
        deserializer.deserialize_str(SecretVisitor)
    }
}
