//! The source of a secret: a variable or a file, never the configuration itself.

use super::text::Text;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The message about a secret in the configuration.
const EXPECTED: &str = "no secret stands in the configuration: write {env: NAME} or {file: PATH}";

/// The source of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable of this name.
    Env(String),
    /// A file, relative to the configuration's folder.
    File(String),
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

/// Whether it can be the name of a variable (POSIX). Anything else at its place may be the secret, so no message may quote it.
fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

struct SourceVisitor;

/// It takes values of all types: any other value may be the secret itself, and serde's own messages would quote it.
impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{env: NAME} or {file: PATH}")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<SecretSource, E> {
        Err(E::custom(EXPECTED))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<SecretSource, A::Error> {
        Err(de::Error::custom(EXPECTED))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SecretSource, A::Error> {
        let source = match map.next_key::<String>()?.as_deref() {
            Some("env") => match map.next_value::<Text>()?.0 {
                name if is_variable(&name) => SecretSource::Env(name),
                _ => return Err(de::Error::custom(EXPECTED)),
            },
            Some("file") => SecretSource::File(map.next_value::<Text>()?.0),
            _ => return Err(de::Error::custom(EXPECTED)),
        };
        match map.next_key::<String>()? {
            None => Ok(source),
            Some(_) => Err(de::Error::custom("write either {env: NAME} or {file: PATH}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_or_a_file() {
        let parse = |yaml| serde_yaml::from_str::<SecretSource>(yaml).unwrap();
        assert_eq!(parse("{env: DUMPS}"), SecretSource::Env("DUMPS".into()));
        assert_eq!(parse("{file: secret.txt}"), SecretSource::File("secret.txt".into()));
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_quoted() {
        for yaml in [
            "hunter2",
            "471147114711",
            "-471147114711",
            "4711.4711",
            "[hunter2]",
            "{hunter2: 1}",
            "yes",
            "{env: hunter2-hunter2}",
            "{env: 4711}",
            "{env: '4711hunter2'}",
            "{env: ''}",
        ] {
            let error = serde_yaml::from_str::<SecretSource>(yaml).unwrap_err().to_string();
            assert!(error.contains("{env: NAME}"), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("4711"), "{error}");
        }
        let both = serde_yaml::from_str::<SecretSource>("{env: A, file: hunter2}").unwrap_err().to_string();
        assert!(both.contains("either") && !both.contains("hunter2"), "{both}");
    }
}
