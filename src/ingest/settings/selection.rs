//! `--table`: the tables of a run, by name or pattern.

use crate::report::some_of;
use crate::{Error, Result};
use glob::Pattern;
use std::collections::BTreeSet;

/// The most tables that a message names.
const NAMED: usize = 10;

/// The tables that are loaded.
#[derive(Debug, Default)]
pub struct Selection(Vec<Pattern>);

impl Selection {
    /// Reads shell patterns; none selects all tables. Tables are called as their files, in lower case.
    ///
    /// # Errors
    /// What is no shell pattern.
    pub fn parse(patterns: &[String]) -> Result<Selection> {
        let parse = |pattern: &String| {
            Pattern::new(&pattern.to_lowercase()).map_err(|error| {
                Error::refused(format!("--table: {pattern:?} is no shell pattern: {error}"))
                    .remedy("write for example --table 'user*'")
            })
        };
        patterns.iter().map(parse).collect::<Result<_>>().map(Selection)
    }

    /// Whether it leaves any table out.
    pub fn is_partial(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether a table is to be loaded.
    pub fn has(&self, table: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(table))
    }

    /// Checks that each pattern selects one of `tables`: a misspelt one would load nothing.
    ///
    /// # Errors
    /// All patterns that do not.
    pub fn check(&self, tables: &BTreeSet<String>) -> Result<()> {
        let is_idle = |pattern: &&Pattern| !tables.iter().any(|table| pattern.matches(table));
        let fault = |pattern: &Pattern| {
            let there = match tables.is_empty() {
                true => "there are no tables".to_owned(),
                false => format!("the tables are {}", some_of(&tables.iter().collect::<Vec<_>>(), NAMED)),
            };
            Error::refused(format!("--table {pattern}: no dump has such a table")).remedy(there)
        };
        let faults: Vec<Error> = self.0.iter().filter(is_idle).map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::many(faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(patterns: &[&str]) -> Selection {
        Selection::parse(&patterns.iter().map(|pattern| (*pattern).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn patterns_select_tables_and_none_selects_all() {
        let some = selection(&["User*", "orders"]);
        let has = |table: &str| some.has(table);
        assert!(has("users") && has("user_roles") && has("orders") && !has("order") && some.is_partial());
        assert!(selection(&[]).has("orders") && !selection(&[]).is_partial());
        assert!(Selection::parse(&["[".to_owned()]).is_err());
    }

    #[test]
    fn a_pattern_that_selects_nothing_is_named_with_what_there_is() {
        let tables = BTreeSet::from(["orders".to_owned(), "users".to_owned()]);
        assert!(selection(&["u*", "orders"]).check(&tables).is_ok());
        assert_eq!(
            selection(&["u*", "uesrs"]).check(&tables).unwrap_err().to_string(),
            "--table uesrs: no dump has such a table; the tables are orders, users"
        );
    }
}
