//! `types:` of a dialect in the configuration: the name of a type map, or its entries.

use crate::config::values::{OrderedMap, Text};
use serde::de::value::StrDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The type map of a dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypesCfg {
    /// `mssql`, `mysql`, or the path of a JSON file.
    Named(Text),
    /// A map in its place.
    Inline(InlineTypes),
}

/// A type map in the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InlineTypes {
    /// Source type → PostgreSQL type; `extends` names the built-in map that they add to.
    pub types: OrderedMap<Text>,
    /// `null_if`: PostgreSQL type → patterns of the values that are loaded as NULL.
    pub null_if: OrderedMap<Vec<Text>>,
}

/// The key of a type map that is no type.
pub const NULL_IF: &str = "null_if";

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
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TypesCfg, A::Error> {
                let mut inline = InlineTypes::default();
                let mut has_null_if = false;
                while let Some(key) = map.next_key::<String>()? {
                    let types = &mut inline.types.0;
                    if has_null_if && key == NULL_IF || types.iter().any(|(known, _)| *known == key) {
                        return Err(de::Error::custom(format!("`{key}` stands here twice")));
                    }
                    if key == NULL_IF {
                        inline.null_if = map.next_value()?;
                        has_null_if = true;
                    } else {
                        types.push((key, map.next_value()?));
                    }
                }
                Ok(TypesCfg::Inline(inline))
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
        let yaml = "{extends: mysql, 'number(p,s)': 'numeric(p,s)', null_if: {date: ['0*'], time: []}}";
        let TypesCfg::Inline(map) = read(yaml).unwrap() else { panic!("a map") };
        let null_if = [("date".to_owned(), vec![Text("0*".to_owned())]), ("time".to_owned(), vec![])];
        assert_eq!(map.null_if.0, null_if);
        let pairs: Vec<(&str, &str)> =
            map.types.0.iter().map(|(key, value)| (key.as_str(), value.0.as_str())).collect();
        assert_eq!(pairs, [("extends", "mysql"), ("number(p,s)", "numeric(p,s)")]);
        for twice in ["{clob: text, clob: bytea}", "{null_if: {}, null_if: {}}"] {
            assert!(read(twice).unwrap_err().to_string().contains("twice"));
        }
        let error = read("[mysql]").unwrap_err().to_string();
        assert!(error.contains("{extends: mysql, geometry: text}"), "{error}");
        assert!(read("'${PGHAUL_NO_SUCH}'").unwrap_err().to_string().contains("PGHAUL_NO_SUCH"));
    }
}
