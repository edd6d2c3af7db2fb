//! `types:` of a dialect in the configuration: the name of a type map, or its entries.

use crate::config::values::{OrderedMap, Text};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The type map of a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypesCfg {
    /// `mssql`, `mysql`, or the path of a JSON file.
    Named(Text),
    /// Source type → PostgreSQL type; `extends` names the built-in map that they add to.
    Inline(OrderedMap<Text>),
}

impl<'de> Deserialize<'de> for TypesCfg {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TypesVisitor;
        impl<'de> Visitor<'de> for TypesVisitor {
            type Value = TypesCfg;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a type map, or a map such as {extends: mysql, geometry: text}")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TypesCfg, E> {
                Text::deserialize(StrDeserializer::new(text)).map(TypesCfg::Named)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TypesCfg, A::Error> {
                OrderedMap::deserialize(MapAccessDeserializer::new(map)).map(TypesCfg::Inline)
            }
        }
        deserializer.deserialize_any(TypesVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_a_name_or_a_map() {
        let read = |yaml: &str| serde_yaml::from_str::<TypesCfg>(yaml);
        assert_eq!(read("mysql").unwrap(), TypesCfg::Named(Text("mysql".to_owned())));
        let TypesCfg::Inline(map) = read("{extends: mysql, 'number(p,s)': 'numeric(p,s)'}").unwrap() else {
            panic!("a map");
        };
        let pairs: Vec<(&str, &str)> =
            map.0.iter().map(|(key, value)| (key.as_str(), value.0.as_str())).collect();
        assert_eq!(pairs, [("extends", "mysql"), ("number(p,s)", "numeric(p,s)")]);
        let error = read("[mysql]").unwrap_err().to_string();
        assert!(error.contains("{extends: mysql, geometry: text}"), "{error}");
        assert!(read("'${PGHAUL_NO_SUCH}'").unwrap_err().to_string().contains("PGHAUL_NO_SUCH"));
    }
}
