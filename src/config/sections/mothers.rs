//! `mother_tables:` in the configuration.

use crate::config::values::{OrderedMap, Text, word_or_map};
use serde::de::{Deserialize, Deserializer};

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
        let contents = "columns to their types";
        word_or_map(deserializer, "auto", MotherColumns::Auto, contents, MotherColumns::Declared)
    }
}

impl<'de> Deserialize<'de> for MotherTables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let contents = "tables to their columns and types";
        word_or_map(deserializer, "auto", MotherTables::Auto, contents, MotherTables::Declared)
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
