//! The REST service, as the configuration has it.

use crate::config::values::{Number, OrderedMap, SecretSource, Size, Span, Text};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// The service.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {tables: {users: {key: id}}}")]
pub struct ServeCfg {
    /// Where it listens, `ADDRESS:PORT`.
    pub listen: Option<Text>,
    /// Threads that answer.
    pub workers: Option<Number<usize>>,
    /// Where the token comes from that each request has to bring.
    pub token: Option<SecretSource>,
    /// How many requests a client may make.
    pub rate: Option<ServeRateCfg>,
    /// What requests may ask for.
    #[serde(default)]
    pub limits: ServeLimitsCfg,
    /// Origins whose pages may read answers.
    #[serde(default)]
    pub cors: Vec<Text>,
    /// `table` or `schema.table` → what may be done with it.
    pub tables: OrderedMap<ServeTableCfg>,
}

/// How many requests a client may make.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {requests: 10, per: 1s}")]
pub struct ServeRateCfg {
    /// So many; 0 for any number.
    pub requests: Number<u32>,
    /// In this time.
    pub per: Option<Span>,
}

/// What requests may ask for.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {body: 1MiB, time: 30s}")]
pub struct ServeLimitsCfg {
    /// Size of a body.
    pub body: Option<Size>,
    /// Time for a request, and for each step of its transport.
    pub time: Option<Span>,
    /// Clients connected at once.
    pub connections: Option<Number<usize>>,
    /// Connections to the database.
    pub database: Option<Number<usize>>,
}

/// What may be done with a table.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {key: id, verbs: [get, post]}")]
pub struct ServeTableCfg {
    /// The columns that tell one row from another.
    #[serde(deserialize_with = "one_or_more")]
    pub key: Vec<Text>,
    /// What may be done.
    pub verbs: Option<Vec<Verb>>,
    /// The columns that may be written.
    pub write: Option<Vec<Text>>,
}

/// A method that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Read rows.
    Get,
    /// Add rows.
    Post,
    /// Replace a row.
    Put,
    /// Change columns of a row.
    Patch,
    /// Delete a row.
    Delete,
}

/// A text, or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Text>, D::Error> {
    struct OneOrMore;
    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Vec<Text>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a column, or a list of columns")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<Text>, E> {
            Text::deserialize(de::value::StrDeserializer::new(text)).map(|text| vec![text])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Text>, A::Error> {
            Deserialize::deserialize(de::value::SeqAccessDeserializer::new(seq))
        }
    }
    deserializer.deserialize_any(OneOrMore)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<ServeCfg, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_one_column_or_several() {
        let cfg = parse("tables: {a: {key: id}, s.b: {key: [x, y], verbs: [get, put], write: [z]}}").unwrap();
        let keys: Vec<usize> = cfg.tables.0.iter().map(|(_, table)| table.key.len()).collect();
        assert_eq!(keys, [1, 2]);
        assert_eq!(cfg.tables.0[1].1.verbs, Some(vec![Verb::Get, Verb::Put]));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert!(parse("tables: {a: {verbs: [get]}}").unwrap_err().contains("missing field `key`"));
        assert!(parse("tables: {a: {key: id, verbs: [GET]}}").unwrap_err().contains("unknown variant `GET`"));
        assert!(parse("{}").unwrap_err().contains("missing field `tables`"));
        assert!(parse("{token: hunter2, tables: {}}").unwrap_err().contains("{env: NAME}"));
    }
}
