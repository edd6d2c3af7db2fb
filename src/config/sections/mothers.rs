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
    /// The tables that are loaded, in the order of the file.
    Declared(OrderedMap<MotherColumns>),
}

/// The columns of a mother table.
#[derive(Debug)]
pub enum MotherColumns {
    /// Those that all versions of the table have.
    Auto,
    /// Column → type, in the order of the file.
    Declared(OrderedMap<Text>),
}

impl<'de> Deserialize<'de> for MotherColumns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnsVisitor;
        impl<'de> Visitor<'de> for ColumnsVisitor {
            type Value = MotherColumns;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`auto`, or a map of columns to their types")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MotherColumns, E> {
                match text {
                    "auto" => Ok(MotherColumns::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MotherColumns, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(MotherColumns::Declared)
            }
        }
        deserializer.deserialize_any(ColumnsVisitor)
    }
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
        let yaml = "b: {z: text, a: int}\na: {x: date}\nc: auto\n";
        let MotherTables::Declared(tables) = parse(yaml).unwrap() else { panic!("declared") };
        let names: Vec<&str> = tables.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a", "c"]);
        let MotherColumns::Declared(columns) = &tables.0[0].1 else { panic!("declared") };
        assert_eq!(columns.0[0].0, "z");
        assert!(matches!(tables.0[2].1, MotherColumns::Auto));
        assert!(matches!(parse("auto").unwrap(), MotherTables::Auto));
        let error = parse("all").unwrap_err();
        assert!(error.contains("`auto`"), "{error}");
        let error = parse("users: all").unwrap_err();
        assert!(error.contains("`auto`, or a map of columns"), "{error}");
    }
}
