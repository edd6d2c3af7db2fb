//! `columns:`: what is done with the values of a column before they are loaded.

mod rule;

pub use rule::ColumnRule;

use crate::config::Config;
use crate::ingest::settings::names::position;
use crate::{Error, Place, Result};
use glob::Pattern;
use rule::Reader;

/// The rules of all columns, in the order of the file.
#[derive(Debug, Default)]
pub struct ColumnRules(Vec<MotherRules>);

/// The rules for one mother, or for all mothers that a pattern names.
#[derive(Debug)]
pub struct MotherRules {
    /// The mother's name, or the pattern, as it is written.
    pub name: String,
    pattern: Pattern,
    /// A rule for each column that it names.
    pub columns: Vec<ColumnRule>,
}

impl MotherRules {
    /// Whether it is a pattern: the columns that it names need not be in all tables that it matches.
    pub fn is_pattern(&self) -> bool {
        self.name.contains(['*', '?', '['])
    }

    /// Whether a mother is meant.
    pub fn has(&self, mother: &str) -> bool {
        self.pattern.matches(mother)
    }

    /// The rule for a column, whose name may differ in case.
    fn of(&self, column: &str) -> Option<&ColumnRule> {
        let place = position(self.columns.iter().map(|rule| rule.column.as_str()), column)?;
        self.columns.get(place)
    }
}

impl ColumnRules {
    /// Reads `columns:`.
    ///
    /// # Errors
    /// All at once: names that no table or column can have, and rules that cannot be, each with an example of what fits.
    pub fn resolve(config: &Config) -> Result<ColumnRules> {
        let (mut mothers, mut faults) = (Vec::new(), Vec::new());
        for (name, columns) in &config.file.columns.0 {
            let key = format!("columns.{name}");
            match pattern(name) {
                Ok(pattern) => {
                    let mut reader = Reader { config, faults: &mut faults };
                    let columns =
                        columns.0.iter().map(|(column, cfg)| reader.rule(&key, column, cfg)).collect();
                    mothers.push(MotherRules { name: name.clone(), pattern, columns });
                }
                Err(error) => {
                    let line = config.marks.find(&key).map(|mark| mark.line as u64);
                    faults.push(error(&key).at(Place { line, ..Place::default() }));
                }
            }
        }
        if faults.is_empty() { Ok(ColumnRules(mothers)) } else { Err(Error::many(faults)) }
    }

    /// All of them, by mother or pattern.
    pub fn all(&self) -> impl Iterator<Item = &MotherRules> {
        self.0.iter()
    }

    /// The rule for a column of a mother: that of the mother's own name, or else of the first pattern that has one.
    pub fn of(&self, mother: &str, column: &str) -> Option<&ColumnRule> {
        let by_name = self.0.iter().filter(|entry| entry.name == mother);
        let by_pattern = self.0.iter().filter(|entry| entry.name != mother && entry.has(mother));
        by_name.chain(by_pattern).find_map(|entry| entry.of(column))
    }

    /// The rules for the columns of a mother: one for each name.
    pub fn of_mother<'r>(&'r self, mother: &'r str) -> impl Iterator<Item = &'r ColumnRule> {
        let all = self.0.iter().filter(move |entry| entry.has(mother)).flat_map(|entry| &entry.columns);
        all.filter(move |rule| self.of(mother, &rule.column).is_some_and(|first| std::ptr::eq(first, *rule)))
    }

    /// Whether any column may get NULL in the place of values that it cannot hold.
    pub fn replace_any(&self) -> bool {
        self.0.iter().flat_map(|entry| &entry.columns).any(|rule| rule.values.bad_is_null)
    }
}

/// The pattern of a mother's name; else the fault of a key.
fn pattern(name: &str) -> std::result::Result<Pattern, impl Fn(&str) -> Error> {
    let (what, remedy) = if name != name.to_lowercase() {
        (
            "table names come from file names in lower case".to_owned(),
            format!("write {}", name.to_lowercase()),
        )
    } else {
        match Pattern::new(name) {
            Ok(pattern) => return Ok(pattern),
            Err(error) => (format!("is no shell pattern: {error}"), "write for example 'user*'".to_owned()),
        }
    };
    Err(move |key: &str| Error::refused(format!("{key}: {what}")).remedy(&remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(yaml: &str) -> Result<ColumnRules> {
        let text = format!("columns: {yaml}\n");
        let config = Config {
            file: serde_yaml::from_str(&text).unwrap(),
            marks: crate::config::Marks::of(&text).unwrap(),
            ..Config::default()
        };
        ColumnRules::resolve(&config)
    }

    #[test]
    fn the_mothers_own_name_comes_before_patterns() {
        let rules = rules(
            "{'*': {id: {bad: reject}, Email: {trim: true}}, users: {email: {null_if: ['-']}}, 'u*': {id: {trim: true}}}",
        )
        .unwrap();
        let of = |mother: &str, column: &str| rules.of(mother, column).map(ToString::to_string);
        assert_eq!(of("users", "email").unwrap(), "email: {null_if: ['-']}");
        assert_eq!(of("orders", "EMAIL").unwrap(), "Email: {trim: true}");
        assert_eq!(of("users", "id").unwrap(), "id: {}");
        assert_eq!(of("users", "name"), None);
        assert!(!rules.replace_any());
    }

    #[test]
    fn each_fault_is_named_with_its_line_and_what_fits() {
        let error = rules(
            "\n  Users: {}\n  '[': {}\n  t:\n    a: {bad: nul}\n    b: {null_if: ['[x']}\n    c: {max_bad: 5}\n    \
             d: {bad: null, max_bad: many}\n    e: {null_if: []}",
        )
        .unwrap_err();
        assert_eq!(
            error.messages(),
            [
                "line 2: columns.Users: table names come from file names in lower case; write users",
                "line 3: columns.[: is no shell pattern: Pattern syntax error near position 0: invalid range pattern; write \
                 for example 'user*'",
                "line 5: columns.t.a.bad: \"nul\" is not known; write null or reject",
                "line 6: columns.t.b.null_if: \"[x\" is no shell pattern: Pattern syntax error near position 0: invalid range \
                 pattern; write for example ['n/a', '0000-00-00*']",
                "line 7: columns.t.c.max_bad: counts what bad: null replaces, and bad is reject; add bad: null, or leave it out",
                "line 8: columns.t.d.max_bad: use a number of rows, such as 100, or a share of them from 0% to 100%, such as \
                 0.5%",
                "line 9: columns.t.e.null_if: the list names no text; write for example ['n/a', '0000-00-00*']",
            ]
        );
    }
}
