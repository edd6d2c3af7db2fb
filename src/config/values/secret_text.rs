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
    /// The same as a template: braces in values of variables stand for themselves.
    pub template: String,
    /// The values of environment variables in it.
    pub secrets: Vec<String>,
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
                let quoted =
                    |name: &str| Some(std::env::var(name).ok()?.replace('{', "{{").replace('}', "}}"));
                let template = expand(text, quoted).map_err(E::custom)?;
                let text = expand(text, lookup).map_err(E::custom)?;
                Ok(SecretText { text, template, secrets: secrets.into_inner() })
            }
        }
        deserializer.deserialize_str(SecretVisitor)
    }
}
