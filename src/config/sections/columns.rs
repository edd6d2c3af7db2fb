//! `columns:` in the configuration: what is done with the values of a column before they are loaded.

use crate::config::values::{OrderedMap, Several, Text};
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{self, Deserializer, Visitor};
use std::fmt;

/// The rules of one column.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {trim: true, null_if: ['n/a']}")]
pub struct RuleCfg {
    /// Whether blanks around a value are left out.
    #[serde(default)]
    pub trim: bool,
    /// Patterns of the values that are loaded as NULL.
    #[serde(default, deserialize_with = "Several::optional")]
    pub null_if: Option<Several>,
    /// What becomes of a value that the column cannot hold.
    #[serde(default, deserialize_with = "word")]
    pub bad: Option<Text>,
    /// How many such values a data file may have.
    pub max_bad: Option<Text>,
    /// Version → what the column is called there.
    #[serde(default)]
    pub from: OrderedMap<Text>,
    /// Whether the column is left out.
    #[serde(default)]
    pub skip: bool,
    /// Version → the value of all rows of a version that lacks the column.
    #[serde(default)]
    pub value: OrderedMap<Text>,
}

/// Reads a word, which may be `null`: without quotes, that is YAML's.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Text>, D::Error> {
    struct WordVisitor;
    impl Visitor<'_> for WordVisitor {
        type Value = Text;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a word")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
            Text::deserialize(StrDeserializer::new(text))
        }
        fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
            Ok(Text("null".to_owned()))
        }
    }
    deserializer.deserialize_any(WordVisitor).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_map_and_null_is_a_word() {
        let read = |yaml: &str| serde_yaml::from_str::<RuleCfg>(yaml);
        let rule = read("{trim: true, null_if: NULL, bad: null, max_bad: 5%}").unwrap();
        assert!(rule.trim);
        assert_eq!(rule.null_if.unwrap().0, [Text("NULL".to_owned())]);
        assert_eq!(rule.bad, Some(Text("null".to_owned())));
        assert_eq!(rule.max_bad, Some(Text("5%".to_owned())));
        assert_eq!(read("{bad: 'null'}").unwrap().bad, Some(Text("null".to_owned())));
        assert_eq!(read("{}").unwrap().bad, None);
        assert_eq!(read("{max_bad: 7}").unwrap().max_bad, Some(Text("7".to_owned())));
        let rule = read("{from: {v2: mail}, skip: false, value: {v1: 7}}").unwrap();
        assert_eq!(rule.from.0, [("v2".to_owned(), Text("mail".to_owned()))]);
        assert_eq!(rule.value.0, [("v1".to_owned(), Text("7".to_owned()))]);
        let error = read("{tirm: true}").unwrap_err().to_string();
        assert!(error.contains("unknown field `tirm`"), "{error}");
        assert!(read("trim").unwrap_err().to_string().contains("a map such as {trim: true"));
        assert!(read("{bad: [null]}").unwrap_err().to_string().contains("a word"));
    }
}
