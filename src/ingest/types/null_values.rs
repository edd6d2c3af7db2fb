//! `null_if` of a type map: the values that are loaded as NULL, by PostgreSQL type.

use super::target;
use crate::copy::encode::null_if::NullIf;
use crate::pg::type_name::TypeName;
use crate::{Error, Place, Result};

/// PostgreSQL types with patterns of their values.
#[derive(Debug, Default)]
pub struct NullValues(Vec<(String, NullIf)>);

impl NullValues {
    /// Adds the patterns of a type, whatever its numbers.
    ///
    /// # Errors
    /// What is no type, or no shell pattern.
    pub fn add(&mut self, type_name: &str, patterns: &[&str]) -> Result<()> {
        let place = || Place::default().column(format!("null_if.{type_name}"));
        TypeName::parse(type_name).map_err(|error| error.at(place()))?;
        let null_if = NullIf::parse(patterns.iter().copied()).map_err(|(pattern, error)| {
            Error::refused(format!("{pattern:?} is no shell pattern: {error}"))
                .at(place())
                .remedy("write for example '0000-00-00*'")
        })?;
        self.0.push((type_name.to_owned(), null_if));
        Ok(())
    }

    /// The patterns of a type.
    pub fn find(&self, type_name: &str) -> Option<&NullIf> {
        self.0.iter().find(|(known, _)| target::is_same(known, type_name)).map(|(_, null_if)| null_if)
    }
}
