//! `after:` in the configuration: indexes and SQL statements of each mother, which follow the load.

use crate::config::values::Text;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Indexes and statements of one mother.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {indexes: [[email]], sql: [...]}")]
pub struct AfterCfg {
    /// Indexes of each of its version tables.
    #[serde(default)]
    pub indexes: Vec<IndexCfg>,
    /// Statements, in order.
    #[serde(default)]
    pub sql: Vec<Text>,
}

/// An index: a list of columns, or a map with such a list.
#[derive(Debug)]
pub struct IndexCfg(pub IndexMap);

/// An index in full.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {columns: [email], unique: true}")]
pub struct IndexMap {
    /// Its columns, in order.
    pub columns: Vec<Text>,
    /// Whether no two rows may have the same values.
    #[serde(default)]
    pub unique: bool,
    /// The access method; `btree` without it.
    pub using: Option<Text>,
    /// The condition of the rows that it covers.
    #[serde(rename = "where")]
    pub condition: Option<Text>,
}

impl<'de> Deserialize<'de> for IndexCfg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IndexVisitor;
        impl<'de> Visitor<'de> for IndexVisitor {
            type Value = IndexCfg;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an index: a list of columns, or a map such as {columns: [email], unique: true}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<IndexCfg, A::Error> {
                let columns = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(IndexCfg(IndexMap { columns, ..IndexMap::default() }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<IndexCfg, A::Error> {
                IndexMap::deserialize(MapAccessDeserializer::new(map)).map(IndexCfg)
            }
        }
        deserializer.deserialize_any(IndexVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_a_list_or_a_map() {
        let after: AfterCfg =
            serde_yaml::from_str("indexes: [[a, b], {columns: [c], unique: true, where: c > 1}]").unwrap();
        let first = &after.indexes[0].0;
        assert_eq!((first.columns.len(), first.unique), (2, false));
        let second = &after.indexes[1].0;
        assert_eq!(second.condition.as_ref().unwrap().0, "c > 1");
        let error = serde_yaml::from_str::<AfterCfg>("indexes: [{columns: [a], uniqe: true}]").unwrap_err();
        assert!(error.to_string().contains("unknown field `uniqe`"), "{error}");
        let error = serde_yaml::from_str::<AfterCfg>("indexes: [email]").unwrap_err().to_string();
        assert!(error.contains("a list of columns, or a map"), "{error}");
    }
}
