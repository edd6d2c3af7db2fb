//! `mother_tables:` in the configuration.

use crate::config::values::{OrderedMap, Text};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// Mother tables: derived from the dumps, or declared.
#[derive(Debug, Default)]
pub enum MotherTables {
    /// The columns that all versions of a table have.
    #[default]
    Auto,
    /// Table → column → type, in the order of the file.
    Declared(OrderedMap<OrderedMap<Text>>),
}

impl<'de> Deserialize<'de> for MotherTables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MothersVisitor;
        impl<'de> Visitor<'de> for MothersVisitor {
            type Value = MotherTables;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`auto`, or a map of tables to their columns and types")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MotherTables, E> {
                match text {
                    "auto" => Ok(MotherTables::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MotherTables, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(MotherTables::Declared)
            }
        }
        deserializer.deserialize_any(MothersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<MotherTables, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn declared_mothers_keep_their_order_and_auto_is_a_word() {
        let MotherTables::Declared(tables) = parse("b: {z: text, a: int}\na: {x: date}\n").unwrap() else {
            panic!("declared")
        };
        let names: Vec<&str> = tables.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(tables.0[0].1.0[0].0, "z");
        assert!(matches!(parse("auto").unwrap(), MotherTables::Auto));
        let error = parse("all").unwrap_err();
        assert!(error.contains("`auto`"), "{error}");
    }
}
