//! The type map of a dump: a built-in one, a file, or what the configuration holds.

use super::built_in::{self, BuiltIn};
use super::entries::{Entries, Entry, FORM};
use crate::copy::encode::rules::null_if::NullIf;
use crate::{Error, Place, Result};
use serde_json::Value as Json;
use std::path::Path;

/// The key that names the built-in map that a map adds to.
const EXTENDS: &str = "extends";

/// A type map.
#[derive(Debug)]
pub struct TypeMap {
    /// Where it comes from.
    pub(super) source: Source,
    /// Its own entries; none for a built-in map.
    pub(super) own: Entries,
    /// The built-in map that it is, or adds to.
    pub(super) base: Option<&'static BuiltIn>,
    /// The other built-in maps.
    pub(super) others: Vec<&'static BuiltIn>,
}

/// Where a type map comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The built-in map of this name, for the dumps of this pattern.
    BuiltIn {
        /// `mssql` or `mysql`.
        name: String,
        /// The pattern of `xport_cfg.dialects`.
        pattern: String,
    },
    /// A JSON file.
    File(String),
    /// The configuration's entry of this key.
    Inline(String),
}

impl TypeMap {
    /// The built-in map of that name, for dumps of this pattern.
    ///
    /// # Errors
    /// As [`built_in::all`].
    pub fn built_in(name: &str, pattern: &str) -> Option<Result<TypeMap>> {
        let source = Source::BuiltIn { name: name.to_owned(), pattern: pattern.to_owned() };
        built_in::exists(name).then(|| TypeMap::new(source, Some(name), Entries::default()))
    }

    /// The map in a JSON file.
    ///
    /// # Errors
    /// A file that cannot be read, is no JSON object of texts, or maps to something that is no type.
    pub fn load(path: &Path) -> Result<TypeMap> {
        let name = path.display().to_string();
        let place = Place::file(&name);
        let json = std::fs::read_to_string(path).map_err(|error| {
            let built_in = built_in::names();
            Error::refused(format!("cannot read this type map: {error}"))
                .at(place.clone())
                .remedy(format!("in xport_cfg.dialects, name a JSON file or one of {built_in}"))
        })?;
        TypeMap::parse(&name, &json).map_err(|error| error.at(place))
    }

    /// The map that the configuration holds at `key`.
    ///
    /// # Errors
    /// What maps to something that is no type.
    pub fn inline<'e>(key: &str, entries: impl Iterator<Item = Entry<'e>>) -> Result<TypeMap> {
        TypeMap::of_entries(Source::Inline(key.to_owned()), entries)
            .map_err(|error| error.at(Place::file(key)))
    }

    fn parse(name: &str, json: &str) -> Result<TypeMap> {
        let object: serde_json::Map<String, Json> = serde_json::from_str(json).map_err(|error| {
            Error::refused(format!("is no JSON object of type names: {error}")).remedy(FORM)
        })?;
        TypeMap::of_entries(Source::File(name.to_owned()), Entry::all_of(&object)?.into_iter())
    }

    fn of_entries<'e>(source: Source, entries: impl Iterator<Item = Entry<'e>>) -> Result<TypeMap> {
        let (mut base, mut own) = (None, Entries::default());
        for entry in entries {
            match entry {
                Entry::Type(EXTENDS, name) => base = Some(name),
                entry => own.add(entry)?,
            }
        }
        TypeMap::new(source, base, own)
    }

    fn new(source: Source, base: Option<&str>, own: Entries) -> Result<TypeMap> {
        let (mut is_base, others): (Vec<_>, Vec<_>) =
            built_in::all()?.iter().partition(|map| Some(map.name) == base);
        let found = is_base.pop();
        match base.filter(|_| found.is_none()) {
            Some(name) => Err(Error::refused(format!("extends {name:?}, which is no built-in type map"))
                .remedy(format!("write one of {}", built_in::names()))),
            None => Ok(TypeMap { source, own, base: found, others }),
        }
    }

    /// The values of a column of this PostgreSQL type that are loaded as NULL: as the map itself says, or else the built-in
    /// map that it extends.
    pub fn null_if(&self, type_name: &str) -> NullIf {
        let of_base = || Some(self.base?.entries.null_if(type_name)?.as_preset());
        self.own.null_if(type_name).cloned().or_else(of_base).unwrap_or_default()
    }

    /// What the map itself says of a type, which is not what the built-in map says.
    pub fn own_null_if(&self, type_name: &str) -> Option<&NullIf> {
        let of_base = self.base.and_then(|base| base.entries.null_if(type_name));
        self.own.null_if(type_name).filter(|own| Some(*own) != of_base)
    }

    /// What messages call it: `mssql`, `mysql`, the path of the file, or the configuration's key.
    pub fn name(&self) -> &str {
        match &self.source {
            Source::BuiltIn { name, .. } | Source::File(name) | Source::Inline(name) => name,
        }
    }

    /// What the ledger calls it. The configuration's own entries count there by the columns that they make: a unit whose
    /// columns stay is unchanged when an entry is added for another.
    pub fn dialect(&self) -> &str {
        match (&self.source, &self.base) {
            (Source::BuiltIn { name, .. } | Source::File(name), _) => name,
            (Source::Inline(_), Some(base)) => base.name,
            (Source::Inline(_), None) => "inline",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::rules::null_if::ZERO_DATES;

    #[test]
    fn a_map_of_ones_own_is_checked_when_it_is_read() {
        assert!(TypeMap::parse("x", r#"{"number(p,s)": "numeric(p,s)", "date": "timestamp(0)"}"#).is_ok());
        assert!(TypeMap::parse("x", r#"{"number(p,s)": "numeric(p,x)"}"#).is_err());
        assert!(TypeMap::parse("x", r#"{"clob": "text; drop table x"}"#).is_err());
        assert!(TypeMap::parse("x", r#"["clob"]"#).is_err());
        assert!(
            TypeMap::load(Path::new("/nonexistent.json")).unwrap_err().to_string().contains("mssql, mysql")
        );
    }

    #[test]
    fn a_map_extends_a_built_in_one() {
        let map = TypeMap::parse("x", r#"{"extends": "mysql", "geometry": "bytea"}"#).unwrap();
        assert_eq!((map.name(), map.dialect()), ("x", "x"));
        let error = TypeMap::parse("x", r#"{"extends": "oracle"}"#).unwrap_err().to_string();
        assert_eq!(error, "extends \"oracle\", which is no built-in type map; write one of mssql, mysql");
    }

    #[test]
    fn entries_of_the_configuration_leave_the_dialect_as_it_was() {
        let inline = |pairs: &[(&'static str, &'static str)]| {
            let entries = pairs.iter().map(|(source, target)| Entry::Type(source, target));
            TypeMap::inline("xport_cfg.dialects[0].types", entries)
        };
        let map = inline(&[("extends", "mysql"), ("geometry", "bytea")]).unwrap();
        assert_eq!((map.name(), map.dialect()), ("xport_cfg.dialects[0].types", "mysql"));
        assert_eq!(inline(&[("clob", "text")]).unwrap().dialect(), "inline");
        let error = inline(&[("clob", "text; x")]).unwrap_err().to_string();
        assert!(error.starts_with("xport_cfg.dialects[0].types, column clob: "), "{error}");
    }

    #[test]
    fn the_values_that_are_null_come_from_the_map_or_from_what_it_extends() {
        let patterns = |map: &TypeMap, type_name: &str| -> Vec<String> {
            map.null_if(type_name).patterns().map(str::to_owned).collect()
        };
        let mysql = TypeMap::built_in("mysql", "*").unwrap().unwrap();
        for type_name in ["date", "timestamp(3) without time zone", "timestamp with time zone"] {
            assert_eq!(patterns(&mysql, type_name), ZERO_DATES, "{type_name}");
        }
        assert!(patterns(&mysql, "text").is_empty() && patterns(&mysql, "time without time zone").is_empty());
        assert!(patterns(&TypeMap::built_in("mssql", "*").unwrap().unwrap(), "date").is_empty());

        let json = r#"{"extends": "mysql", "null_if": {"date": [], "integer": ["-1"]}}"#;
        let own = TypeMap::parse("x", json).unwrap();
        assert!(patterns(&own, "date").is_empty());
        assert_eq!(patterns(&own, "integer"), ["-1"]);
        assert_eq!(patterns(&own, "timestamp without time zone"), ZERO_DATES);
        assert!(
            own.own_null_if("date").is_some() && own.own_null_if("timestamp without time zone").is_none()
        );

        for (json, what) in [
            (r#"{"null_if": ["0"]}"#, "null_if is no object of lists"),
            (r#"{"null_if": {"date": "0"}}"#, "null_if is no object of lists"),
            (r#"{"null_if": {"date": ["[0"]}}"#, "\"[0\" is no shell pattern"),
            (r#"{"null_if": {"date; x": ["0"]}}"#, "is not the name of a type"),
        ] {
            let error = TypeMap::parse("x", json).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
