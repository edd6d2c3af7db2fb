//! `drain:` in the configuration: jobs of `pghaul drain`.

use super::into::IntoCfg;
use crate::config::values::{Number, OrderedMap, Text, word_or_map};
use serde::de::{Deserialize, Deserializer};

/// A job: a cache, and the table for its rows.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {from: redis://…, replica: users, into: {…}}")]
pub struct DrainCfg {
    /// The URL of a Redis, or of an HTTP gateway in front of one.
    pub from: Text,
    /// ACL user of Redis.
    pub user: Option<Text>,
    /// Its password.
    pub password: Option<Text>,
    /// Files for TLS.
    #[serde(default)]
    pub tls: TlsCfg,
    /// The replica, or a pattern of replicas' names.
    pub replica: Text,
    /// The list of registered replicas, or `false`.
    #[serde(default)]
    pub registered: RegisteredCfg,
    /// The table for the rows.
    pub into: IntoCfg,
    /// `infer`, or columns with their types.
    #[serde(default)]
    pub columns: DrainColumns,
    /// Whether a value that does not fit its column makes the column wider.
    #[serde(default)]
    pub evolve: bool,
    /// COPY streams at once.
    pub workers: Option<Number<usize>>,
    /// Statements before each batch is loaded.
    #[serde(default)]
    pub before: Vec<Text>,
    /// Statements after each batch is published.
    #[serde(default)]
    pub after: Vec<Text>,
}

/// Files for TLS (PEM).
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {ca: ca.pem}")]
pub struct TlsCfg {
    /// Authorities to trust, instead of the system's.
    pub ca: Option<Text>,
    /// The client's certificate.
    pub cert: Option<Text>,
    /// Its key.
    pub key: Option<Text>,
}

/// The list of registered replicas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RegisteredCfg {
    /// The usual list.
    #[default]
    Usual,
    /// A list of this name.
    List(String),
    /// The cache has no list.
    None,
}

/// The columns of the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DrainColumns {
    /// All types are inferred from the values.
    #[default]
    Infer,
    /// Types of these columns; those of other columns are inferred.
    Declared(OrderedMap<Text>),
}

impl<'de> Deserialize<'de> for RegisteredCfg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Text::deserialize(deserializer)?.0;
        Ok(if list == "false" { RegisteredCfg::None } else { RegisteredCfg::List(list) })
    }
}

impl<'de> Deserialize<'de> for DrainColumns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let contents = "columns to their types";
        word_or_map(deserializer, "infer", DrainColumns::Infer, contents, DrainColumns::Declared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<DrainCfg, String> {
        let usual = "from: redis://h\nreplica: r\ninto: {table: t, mode: append}\n";
        serde_yaml::from_str(&format!("{usual}{yaml}")).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_inferred_or_declared() {
        assert_eq!(parse("").unwrap().columns, DrainColumns::Infer);
        assert_eq!(parse("columns: infer").unwrap().columns, DrainColumns::Infer);
        let DrainColumns::Declared(columns) = parse("columns: {a: jsonb}").unwrap().columns else { panic!() };
        assert_eq!(columns.0, [("a".to_owned(), Text("jsonb".into()))]);
        assert!(parse("columns: guess").unwrap_err().contains("`infer`"));
    }

    #[test]
    fn the_list_of_replicas_may_have_another_name_or_be_missing() {
        assert_eq!(parse("").unwrap().registered, RegisteredCfg::Usual);
        assert_eq!(parse("registered: all").unwrap().registered, RegisteredCfg::List("all".into()));
        assert_eq!(parse("registered: false").unwrap().registered, RegisteredCfg::None);
        assert!(parse("registred: x").unwrap_err().contains("unknown field"));
    }
}
