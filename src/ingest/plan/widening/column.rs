//! A column that gets a wider type.

use crate::ingest::types::common_type::{cast, rewrites};
use crate::pg::catalog::Column;
use crate::pg::ident::quote;
use crate::pg::type_name::TypeName;
use std::fmt;

/// A column of a mother, and of all its version tables.
#[derive(Debug)]
pub struct WidenedColumn {
    /// The type that it has.
    pub from: TypeName,
    /// What it becomes.
    pub to: Column,
}

impl WidenedColumn {
    /// Its clause of `ALTER TABLE`.
    pub fn clause(&self) -> String {
        let (name, to) = (quote(&self.to.name), &self.to.type_name);
        let value = cast(&name, &self.from, to);
        let is_plain = value == format!("{name}::{to}");
        let using = if is_plain { String::new() } else { format!(" USING {value}") };
        format!("ALTER COLUMN {name} TYPE {}{using}", self.to.sql_type())
    }

    /// Whether PostgreSQL rewrites the table for it.
    pub fn rewrites(&self) -> bool {
        rewrites(&self.from, &self.to.type_name)
    }
}

impl fmt::Display for WidenedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {} to {}", self.to.name, self.from, self.to.type_name)
    }
}
