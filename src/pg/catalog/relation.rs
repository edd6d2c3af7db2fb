//! Tables and their columns, as the catalogs describe them.

use crate::pg::ident::quote;
use crate::pg::type_name::TypeName;
use std::fmt;

/// The last of a column's attributes, where it allows no NULL; as `relations.sql` writes it.
const NOT_NULL: &str = " NOT NULL";

/// A table, a view or anything else that has a row in `pg_class`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// `pg_class.relkind`: `r` for an ordinary table.
    pub kind: char,
    /// Whether this role owns it, directly or through membership. Only owners may attach children to it or drop it.
    pub owned: bool,
    /// Whether it is a partition of another table.
    pub partition: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// How long it keeps its rows.
    pub persistence: Persistence,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its `CHECK` constraints that children must have, as clauses of `CREATE TABLE`.
    pub checks: Vec<String>,
}

/// How long a permanent table keeps its rows (`pg_class.relpersistence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Until they are deleted: they are written to WAL, or to the disk with the commit.
    Logged,
    /// Until the server crashes, or a standby is promoted.
    Unlogged {
        /// Whether its file has no byte. A crash leaves it so, and `TRUNCATE`.
        empty: bool,
    },
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the server spells it.
    pub type_name: TypeName,
    /// The words that follow the type in `CREATE TABLE`: a collation, `NOT NULL`, or nothing.
    pub attributes: String,
    /// Whether it allows no NULL; the attributes say so too.
    pub not_null: bool,
    /// Whether the server computes its values.
    pub generated: bool,
}

impl Relation {
    /// The kind in words, for messages.
    pub fn kind_name(&self) -> &'static str {
        kind_name(self.kind)
    }
}

/// A `pg_class.relkind` in words, for messages.
pub fn kind_name(kind: char) -> &'static str {
    match kind {
        'r' => "a table",
        'p' => "a partitioned table",
        'v' => "a view",
        'm' => "a materialized view",
        'f' => "a foreign table",
        'S' => "a sequence",
        'i' | 'I' => "an index",
        'c' => "a composite type",
        _ => "something else",
    }
}

impl Persistence {
    pub(super) fn of(unlogged: bool, empty: bool) -> Persistence {
        if unlogged { Persistence::Unlogged { empty } } else { Persistence::Logged }
    }
}

impl Column {
    /// A column with a name and a type alone.
    pub fn plain(name: impl Into<String>, type_name: TypeName) -> Column {
        Column { name: name.into(), type_name, attributes: String::new(), not_null: false, generated: false }
    }

    /// Its clause in `CREATE TABLE`.
    pub fn definition(&self) -> String {
        format!("{} {}{}", quote(&self.name), self.type_name, self.attributes)
    }

    /// Its type as SQL, with the collation where that is not the type's own.
    pub fn sql_type(&self) -> String {
        let collation = self.attributes.strip_suffix(NOT_NULL).unwrap_or(&self.attributes);
        format!("{}{collation}", self.type_name)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.type_name)
    }
}
