//! `into:` of a job: the table for its rows.

use crate::config::values::{OrderedMap, Text};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The table for a job's rows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {table: stats.activity, mode: append}")]
pub struct IntoCfg {
    /// `table` or `schema.table`.
    pub table: Text,
    /// What becomes of the existing rows.
    pub mode: Mode,
    /// The columns that make a row the same row, for `upsert`.
    #[serde(default)]
    pub key: Vec<Text>,
    /// The columns, in the order of the values.
    pub columns: Option<ColumnsCfg>,
    /// Whether no rows at all may replace the existing ones.
    #[serde(default)]
    pub allow_empty: bool,
}

/// What becomes of the existing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The new rows replace them, all at once.
    Replace,
    /// They stay.
    Append,
    /// New rows overwrite those with an equal key; the others stay.
    Upsert,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Replace => "replace",
            Mode::Append => "append",
            Mode::Upsert => "upsert",
        })
    }
}

/// Columns: the names in an existing table, or names and types of a table to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnsCfg {
    /// Names.
    Names(Vec<Text>),
    /// Name → type.
    Typed(OrderedMap<Text>),
}

impl<'de> Deserialize<'de> for ColumnsCfg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnsVisitor;
        impl<'de> Visitor<'de> for ColumnsVisitor {
            type Value = ColumnsCfg;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of columns, or a map of columns to their types")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<ColumnsCfg, A::Error> {
                Deserialize::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(ColumnsCfg::Names)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnsCfg, A::Error> {
                Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(ColumnsCfg::Typed)
            }
        }
        deserializer.deserialize_any(ColumnsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<IntoCfg, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_names_or_have_types() {
        let into = parse("{table: s.t, mode: upsert, key: [id], columns: [id, note]}").unwrap();
        assert_eq!((into.mode, into.key.len()), (Mode::Upsert, 1));
        assert!(matches!(into.columns, Some(ColumnsCfg::Names(names)) if names.len() == 2));
        let into = parse("{table: t, mode: append, columns: {b: int, a: 'numeric(10,2)'}}").unwrap();
        let Some(ColumnsCfg::Typed(columns)) = into.columns else { panic!("typed") };
        assert_eq!(columns.0[0].0, "b");
        assert_eq!(columns.0[1].1.0, "numeric(10,2)");
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        assert!(parse("{table: t}").unwrap_err().contains("missing field `mode`"));
        assert!(parse("{table: t, mode: insert}").unwrap_err().contains("unknown variant `insert`"));
        assert!(parse("{table: t, mode: append, keys: [a]}").unwrap_err().contains("unknown field `keys`"));
        assert!(parse("{table: t, mode: append, columns: a}").unwrap_err().contains("a list of columns"));
    }
}
