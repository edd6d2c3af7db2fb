//! One text, or a list of texts.

use super::Text;
use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// One text, or several in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Several(pub Vec<Text>);

impl Several {
    /// Reads the value of a key that may be missing.
    ///
    /// # Errors
    /// What is neither a text nor a list.
    pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Several>, D::Error> {
        Several::deserialize(deserializer).map(Some)
    }
}

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SeveralVisitor;
        impl<'de> Visitor<'de> for SeveralVisitor {
            type Value = Several;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts (in quotes if it is a number)")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Several, E> {
                Ok(Several(vec![Text::deserialize(StrDeserializer::new(text))?]))
            }
            // Without quotes, `NULL` is YAML's null.
            fn visit_unit<E: de::Error>(self) -> Result<Several, E> {
                Ok(Several(vec![Text("NULL".to_owned())]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Several, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Several)
            }
        }
        deserializer.deserialize_any(SeveralVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_several() {
        let read = |yaml: &str| serde_yaml::from_str::<Several>(yaml);
        let texts = |several: Several| several.0.into_iter().map(|text| text.0).collect::<Vec<_>>();
        assert_eq!(texts(read("NULL").unwrap()), ["NULL"]);
        assert_eq!(texts(read("NaN").unwrap()), ["NaN"]);
        assert_eq!(texts(read("''").unwrap()), [""]);
        assert_eq!(texts(read("['', '\\N', 0]").unwrap()), ["", "\\N", "0"]);
        assert!(read("{a: b}").unwrap_err().to_string().contains("a text, or a list of texts"));
        assert!(read("0").unwrap_err().to_string().contains("in quotes if it is a number"));
    }
}
