//! Mother tables, as the command line and the configuration want them.

use crate::config::{MotherColumns, MotherTables, Text};
use crate::pg::ident;
use crate::pg::type_name::TypeName;
use crate::{Error, Place, Result};

/// What happens to mother tables before the load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MothersMode {
    /// Create those that are missing.
    #[default]
    Keep,
    /// Create those that are missing, and give columns of the others wider types where versions need them.
    Widen,
    /// Replace them and their version tables when all versions are loaded.
    Recreate,
    /// Drop them with their version tables, and load nothing.
    Purge,
}

impl MothersMode {
    /// Whether mothers that exist stay, with their version tables.
    pub fn keeps_tables(self) -> bool {
        matches!(self, MothersMode::Keep | MothersMode::Widen)
    }
}

/// A mother table as the configuration declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredMother {
    /// The table's name.
    pub name: String,
    /// Its columns in order; `None` for those that all versions have.
    pub columns: Option<Vec<(String, TypeName)>>,
}

/// Reads `mother_tables`; `None` for `auto`.
///
/// # Errors
/// Names that no table or column can have, tables without columns, types that cannot be written.
pub(super) fn declared(tables: &MotherTables) -> Result<Option<Vec<DeclaredMother>>> {
    let MotherTables::Declared(tables) = tables else { return Ok(None) };
    let mut mothers = Vec::with_capacity(tables.0.len());
    for (name, columns) in &tables.0 {
        let place = Place::table(format!("mother_tables.{name}"));
        if *name != name.to_lowercase() {
            return Err(Error::refused("table names come from file names in lower case")
                .at(place)
                .remedy(format!("write {}", name.to_lowercase())));
        }
        if let Some(refusal) = ident::refusal(name) {
            return Err(Error::refused(format!("has {refusal}")).at(place).remedy("rename it"));
        }
        let MotherColumns::Declared(columns) = columns else {
            mothers.push(DeclaredMother { name: name.clone(), columns: None });
            continue;
        };
        if columns.0.is_empty() {
            return Err(Error::refused("declares no columns")
                .at(place)
                .remedy("list its columns and types, or write auto in place of them"));
        }
        let mut typed = Vec::with_capacity(columns.0.len());
        for (column, Text(type_name)) in &columns.0 {
            let place = place.clone().column(column);
            if let Some(refusal) = ident::column_refusal(column) {
                return Err(Error::refused(format!("has {refusal}")).at(place).remedy("rename it"));
            }
            typed.push((column.clone(), TypeName::parse(type_name).map_err(|error| error.at(place))?));
        }
        mothers.push(DeclaredMother { name: name.clone(), columns: Some(typed) });
    }
    Ok(Some(mothers))
}
