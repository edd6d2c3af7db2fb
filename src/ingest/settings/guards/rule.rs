//! One guard: what it asks of the rows of a unit.

use super::bounds::Bounds;
use super::rows::{RowsRule, Share};
use crate::error::shortened;
use crate::secret::without_passwords;
use std::fmt;

/// How much of a query messages and the report show, characters.
const SHOWN_CHARS: usize = 120;

/// A guard, with its key in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The key: `guard.users.rows`.
    pub key: String,
    /// Its line in the configuration, if that is known.
    pub line: Option<u64>,
    /// What it asks for.
    pub rule: Rule,
}

/// What a guard asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// So many rows.
    Rows(RowsRule),
    /// The data file's columns, with their types, are those of the last load.
    SameColumns,
    /// The column has no NULL.
    NotNull(String),
    /// Such a share of the column's values is NULL.
    Nulls(String, Bounds<Share>),
    /// No two rows have the same values in these columns.
    Unique(Vec<String>),
    /// All values of the column that are not NULL lie within.
    Range(String, Bounds<String>),
    /// The query answers with true.
    Sql(String),
}

impl Rule {
    /// The columns that it is about.
    pub fn columns(&self) -> &[String] {
        match self {
            Rule::Rows(_) | Rule::SameColumns | Rule::Sql(_) => &[],
            Rule::NotNull(column) | Rule::Nulls(column, _) | Rule::Range(column, _) => {
                std::slice::from_ref(column)
            }
            Rule::Unique(columns) => columns,
        }
    }

    /// The same rule of the columns that `find` finds for its own; `None` where it finds none for one of them.
    pub fn of_columns(&self, find: impl Fn(&str) -> Option<String>) -> Option<Rule> {
        Some(match self {
            Rule::Rows(_) | Rule::SameColumns | Rule::Sql(_) => self.clone(),
            Rule::NotNull(column) => Rule::NotNull(find(column)?),
            Rule::Nulls(column, bounds) => Rule::Nulls(find(column)?, bounds.clone()),
            Rule::Range(column, bounds) => Rule::Range(find(column)?, bounds.clone()),
            Rule::Unique(columns) => {
                Rule::Unique(columns.iter().map(|column| find(column)).collect::<Option<_>>()?)
            }
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Rows(rule) => write!(f, "rows {rule}"),
            Rule::SameColumns => f.write_str("columns same"),
            Rule::NotNull(column) => write!(f, "not_null {column}"),
            Rule::Nulls(column, bounds) => write!(f, "nulls {column} {bounds}"),
            Rule::Unique(columns) => write!(f, "unique {}", columns.join(", ")),
            Rule::Range(column, bounds) => write!(f, "range {column} {bounds}"),
            Rule::Sql(sql) => write!(f, "sql {}", without_passwords(&shortened(sql, SHOWN_CHARS))),
        }
    }
}
