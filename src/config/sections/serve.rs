//! `serve:` in the configuration: the REST service.

use crate::config::values::{Number, OrderedMap, SecretSource, Size, Span, Text};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// The service.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {tables: {users: {key: id}}}")]
pub struct ServeCfg {
    /// The address that it listens on, `ADDRESS:PORT`.
    pub listen: Option<Text>,
    /// Threads that answer.
    pub workers: Option<Number<usize>>,
    /// The source of the token that each request must carry.
    pub token: Option<SecretSource>,
    /// Further tokens, each with rights of its own.
    #[serde(default)]
    pub tokens: Vec<ServeTokenCfg>,
    /// Tokens that an issuer signs.
    pub jwt: Option<ServeJwtCfg>,
    /// The limit of each client's requests.
    pub rate: Option<ServeRateCfg>,
    /// Limits of requests and connections.
    #[serde(default)]
    pub limits: ServeLimitsCfg,
    /// Origins whose pages may read answers.
    #[serde(default)]
    pub cors: Vec<Text>,
    /// The tables that are served, by `table` or `schema.table`.
    pub tables: OrderedMap<ServeTableCfg>,
}

/// A token with rights of its own.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {token: {env: NAME}, tables: {users: [get]}}")]
pub struct ServeTokenCfg {
    /// The source of the token.
    pub token: SecretSource,
    /// The verbs by table; without this, all that the tables grant.
    pub tables: Option<OrderedMap<Vec<Verb>>>,
}

/// Tokens that an issuer signs.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {key_file: public.pem, role_claim: role}")]
pub struct ServeJwtCfg {
    /// The files of the keys.
    #[serde(deserialize_with = "one_or_more")]
    pub key_file: Vec<Text>,
    /// The algorithms of signatures.
    pub algorithms: Option<Vec<Text>>,
    /// The claim that names the role.
    pub role_claim: Option<Text>,
    /// The audiences, of which a token names one.
    #[serde(default, deserialize_with = "one_or_more")]
    pub audience: Vec<Text>,
    /// The issuers, of which a token names one.
    #[serde(default, deserialize_with = "one_or_more")]
    pub issuer: Vec<Text>,
}

/// The limit of each client's requests.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {requests: 10, per: 1s}")]
pub struct ServeRateCfg {
    /// The number of requests; 0 for no limit.
    pub requests: Number<u32>,
    /// The time for so many requests.
    pub per: Option<Span>,
}

/// Limits of requests and connections.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {body: 1MiB, time: 30s}")]
pub struct ServeLimitsCfg {
    /// Size of a body.
    pub body: Option<Size>,
    /// Time for a request, and for each step of its transport.
    pub time: Option<Span>,
    /// Connections of all clients at once.
    pub connections: Option<Number<usize>>,
    /// Connections of one client at once.
    pub per_client: Option<Number<usize>>,
    /// Connections to the database.
    pub database: Option<Number<usize>>,
}

/// A table that is served.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {key: id, verbs: [get, post]}")]
pub struct ServeTableCfg {
    /// The columns of the key.
    #[serde(deserialize_with = "one_or_more")]
    pub key: Vec<Text>,
    /// The granted verbs.
    pub verbs: Option<Vec<Verb>>,
    /// The columns that may be written.
    pub write: Option<Vec<Text>>,
}

impl ServeTableCfg {
    /// The verbs that are granted.
    pub fn verbs(&self) -> &[Verb] {
        self.verbs.as_deref().unwrap_or(&[Verb::Get])
    }
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

impl Verb {
    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::Post => "post",
            Verb::Put => "put",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
        }
    }
}

/// A text, or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Text>, D::Error> {
    struct OneOrMore;
    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Vec<Text>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text, or a list of texts")
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
