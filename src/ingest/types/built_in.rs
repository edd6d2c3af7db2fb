//! The type maps that come with pghaul.

use super::entries::{Entries, Entry};
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
    let mut entries = Entries::default();
    Entry::all_of(&object)?.into_iter().try_for_each(|entry| entries.add(entry))?;
    Ok(BuiltIn { name, entries })
}
