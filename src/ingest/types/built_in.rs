//! The type maps that come with pghaul.

use super::entries::Entries;
use crate::Result;
use std::collections::BTreeMap;

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
}

/// All built-in maps.
///
/// # Errors
/// None: a test reads them.
pub fn all() -> Result<Vec<BuiltIn>> {
    MAPS.iter().map(|(name, json)| Ok(BuiltIn { name, entries: read(json)? })).collect()
}

/// Their names, for messages.
pub fn names() -> String {
    MAPS.map(|(name, _)| name).join(", ")
}

fn read(json: &str) -> Result<Entries> {
    let pairs: BTreeMap<String, String> = serde_json::from_str(json).map_err(crate::Error::refused)?;
    let mut entries = Entries::default();
    pairs.iter().try_for_each(|(key, target)| entries.add(key, target))?;
    Ok(entries)
}
