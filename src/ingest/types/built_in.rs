//! The type maps that come with pghaul.

use super::entries::Entries;
use super::map::{MapEntry, entries_of};
use super::null_values::NullValues;
use crate::{Error, Result};
use std::sync::LazyLock;

/// Name and JSON text.
const MAPS: [(&str, &str); 2] =
    [("mssql", include_str!("mssql.json")), ("mysql", include_str!("mysql.json"))];

/// A built-in map.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub entries: Entries,
    /// Values that are loaded as NULL.
    pub null_values: NullValues,
}

/// Read once, for all type maps of a run.
static ALL: LazyLock<Result<Vec<BuiltIn>>> =
    LazyLock::new(|| MAPS.iter().map(|(name, json)| read(name, json)).collect());

/// All built-in maps.
///
/// # Errors
/// None: a test reads them.
pub fn all() -> Result<&'static [BuiltIn]> {
    ALL.as_deref().map_err(Error::refused)
}

/// Whether there is a built-in map of this name.
pub fn exists(name: &str) -> bool {
    MAPS.iter().any(|(known, _)| *known == name)
}

/// Their names, for messages.
pub fn names() -> String {
    MAPS.map(|(name, _)| name).join(", ")
}

fn read(name: &'static str, json: &str) -> Result<BuiltIn> {
    let object = serde_json::from_str(json).map_err(Error::refused)?;
    let mut map = BuiltIn { name, entries: Entries::default(), null_values: NullValues::default() };
    for entry in entries_of(&object)? {
        match entry {
            MapEntry::Type(key, target) => map.entries.add(key, target)?,
            MapEntry::NullIf(type_name, patterns) => map.null_values.add(type_name, &patterns)?,
        }
    }
    Ok(map)
}
