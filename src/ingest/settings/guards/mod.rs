//! `guard:` of the configuration, read and checked as far as no database is needed.

pub mod bounds;
pub mod rows;
mod rule;

pub use rule::{Guard, Rule};

use crate::config::{Config, GuardCfg, Several, Text, nearest};
use crate::pg::ident;
use crate::{Error, Place, Result};
use bounds::Bounds;
use glob::Pattern;
use rows::{RowsRule, Share};

/// Examples of what fits.
const ROWS_EXAMPLES: &str = "'>= 1000', '1000..5000', '>= 90% of median(7)' or '>= 50% of last'";
const NULLS_EXAMPLES: &str = "'<= 5%'";
const RANGE_EXAMPLES: &str = "'18..120' or '>= 2000-01-01'";

/// What stands in a query for a table.
pub const TABLES: [&str; 3] = ["{new}", "{old}", "{mother}"];

/// All guards, in the order of the file.
#[derive(Debug, Default)]
pub struct Guards(Vec<MotherGuards>);

/// The guards of one mother, or of all mothers that a pattern names.
#[derive(Debug)]
pub struct MotherGuards {
    /// The mother's name, or the pattern, as it is written.
    pub name: String,
    pattern: Pattern,
    /// The guards.
    pub guards: Vec<Guard>,
}

impl MotherGuards {
    /// Whether it is a pattern: the columns that it names need not be in all tables that it matches.
    pub fn is_pattern(&self) -> bool {
        self.name.contains(['*', '?', '['])
    }

    /// Whether a mother is meant.
    pub fn has(&self, mother: &str) -> bool {
        self.pattern.matches(mother)
    }
}

impl Guards {
    /// Reads `guard:`.
    ///
    /// # Errors
    /// All at once: names that no table or column can have, and bounds that are none, each with an example of what fits.
    pub fn resolve(config: &Config) -> Result<Guards> {
        let mut reader = Reader { config, faults: Vec::new() };
        let guards =
            config.file.guard.0.iter().filter_map(|(name, cfg)| reader.of_mother(name, cfg)).collect();
        if reader.faults.is_empty() { Ok(Guards(guards)) } else { Err(Error::many(reader.faults)) }
    }

    /// All of them, by mother or pattern.
    pub fn all(&self) -> impl Iterator<Item = &MotherGuards> {
        self.0.iter()
    }

    /// Those of a mother: each entry counts that names it.
    pub fn of<'g>(&'g self, mother: &'g str) -> impl Iterator<Item = &'g Guard> {
        self.0.iter().filter(move |entry| entry.has(mother)).flat_map(|entry| &entry.guards)
    }
}

struct Reader<'c> {
    config: &'c Config,
    faults: Vec<Error>,
}

impl Reader<'_> {
    fn line(&self, key: &str) -> Option<u64> {
        self.config.marks.find(key).map(|mark| mark.line as u64)
    }

    fn fault(&mut self, key: &str, what: impl std::fmt::Display, remedy: impl std::fmt::Display) {
        let place = Place { line: self.line(key), ..Place::default() };
        self.faults.push(Error::refused(format!("{key}: {what}")).at(place).remedy(remedy));
    }

    fn guard(&self, key: String, rule: Rule) -> Guard {
        Guard { line: self.line(&key), key, rule }
    }

    fn of_mother(&mut self, name: &str, cfg: &GuardCfg) -> Option<MotherGuards> {
        let key = format!("guard.{name}");
        if name != name.to_lowercase() {
            let remedy = format!("write {}", name.to_lowercase());
            self.fault(&key, "table names come from file names in lower case", remedy);
            return None;
        }
        let pattern = match Pattern::new(name) {
            Ok(pattern) => pattern,
            Err(error) => {
                self.fault(&key, format!("is no shell pattern: {error}"), "write for example 'user*'");
                return None;
            }
        };
        let mut guards = Vec::new();
        self.rows(&key, cfg, &mut guards);
        self.columns(&key, cfg, &mut guards);
        self.sql(&key, cfg, &mut guards);
        Some(MotherGuards { name: name.to_owned(), pattern, guards })
    }

    fn rows(&mut self, key: &str, cfg: &GuardCfg, guards: &mut Vec<Guard>) {
        let Several(rows) = cfg.rows.clone().unwrap_or_default();
        let is_one = rows.len() == 1;
        for (index, Text(text)) in rows.iter().enumerate() {
            let listed = format!("{key}.rows[{index}]");
            let key = if is_one && self.line(&listed).is_none() { format!("{key}.rows") } else { listed };
            match RowsRule::parse(text) {
                Some(rule) => guards.push(self.guard(key, Rule::Rows(rule))),
                None => {
                    let remedy = format!("write for example {ROWS_EXAMPLES}");
                    self.fault(&key, format!("{text:?} is no bound of rows"), remedy);
                }
            }
        }
        if let Some(Text(word)) = &cfg.columns {
            let key = format!("{key}.columns");
            match word.as_str() {
                "same" => guards.push(self.guard(key, Rule::SameColumns)),
                word => self.fault(&key, format!("{word:?} is not known"), "write same"),
            }
        }
    }

    fn columns(&mut self, key: &str, cfg: &GuardCfg, guards: &mut Vec<Guard>) {
        for (index, Text(column)) in cfg.not_null.iter().enumerate() {
            let key = format!("{key}.not_null[{index}]");
            if self.is_column(&key, column) {
                guards.push(self.guard(key, Rule::NotNull(column.clone())));
            }
        }
        for (column, Text(text)) in &cfg.nulls.0 {
            let key = format!("{key}.nulls.{column}");
            if !self.is_column(&key, column) {
                continue;
            }
            let share = |text: &str| Share::parse(text).filter(|share| share.0 <= Share::WHOLE).ok_or(());
            match Bounds::parse(text).and_then(|bounds| bounds.try_map(share).ok()) {
                Some(bounds) if !bounds.are_crossed() => {
                    guards.push(self.guard(key, Rule::Nulls(column.clone(), bounds)));
                }
                _ => {
                    let remedy = format!("write for example {NULLS_EXAMPLES}");
                    self.fault(&key, format!("{text:?} is no bound of a share of NULLs"), remedy);
                }
            }
        }
        for (index, Several(columns)) in cfg.unique.iter().enumerate() {
            let key = format!("{key}.unique[{index}]");
            let columns: Vec<String> = columns.iter().map(|Text(column)| column.clone()).collect();
            if columns.is_empty() {
                self.fault(&key, "names no column", "name one, or several in a list");
            } else if columns.iter().all(|column| self.is_column(&key, column)) {
                guards.push(self.guard(key, Rule::Unique(columns)));
            }
        }
        for (column, Text(text)) in &cfg.range.0 {
            let key = format!("{key}.range.{column}");
            if !self.is_column(&key, column) {
                continue;
            }
            match Bounds::parse(text) {
                Some(bounds) => guards.push(self.guard(key, Rule::Range(column.clone(), bounds))),
                None => {
                    let remedy = format!("write for example {RANGE_EXAMPLES}");
                    self.fault(&key, format!("{text:?} is no range"), remedy);
                }
            }
        }
    }

    fn is_column(&mut self, key: &str, column: &str) -> bool {
        let refusal = ident::column_refusal(column);
        if let Some(refusal) = &refusal {
            self.fault(key, format!("names a column with {refusal}"), "name a column of the table");
        }
        refusal.is_none()
    }

    fn sql(&mut self, key: &str, cfg: &GuardCfg, guards: &mut Vec<Guard>) {
        for (index, Text(sql)) in cfg.sql.iter().enumerate() {
            let key = format!("{key}.sql[{index}]");
            let sql = sql.trim().trim_end_matches(';').trim_end();
            if sql.is_empty() {
                self.fault(&key, "is empty", "write for example 'SELECT count(*) > 0 FROM {new}'");
            } else if let Some(meant) = misspelt(sql) {
                let remedy = format!("did you mean {meant}? The tables are {}", TABLES.join(", "));
                self.fault(&key, "names a table that guards do not have", remedy);
            } else {
                guards.push(self.guard(key, Rule::Sql(sql.to_owned())));
            }
        }
    }
}

/// The table that was meant by a word in braces where a table's name is expected, behind `FROM` or `JOIN`: elsewhere it may be an
/// array or JSON.
fn misspelt(sql: &str) -> Option<&'static str> {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.windows(2).find_map(|pair| {
        let is_before_table = ["from", "join"].contains(&pair[0].to_lowercase().as_str());
        let word = pair[1].trim_end_matches([')', ',']);
        let is_braced = word.starts_with('{') && word.ends_with('}');
        (is_before_table && is_braced && !TABLES.contains(&word))
            .then(|| nearest(word, TABLES).unwrap_or(TABLES[0]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Guards> {
        Guards::resolve(&Config { file: serde_yaml::from_str(yaml).unwrap(), ..Config::default() })
    }

    #[test]
    fn every_entry_that_names_a_mother_counts() {
        let guards = read(
            "guard: {'*': {rows: '>= 1'}, users: {unique: [id, [app, email]], sql: ['SELECT true;']}, 'user?': {columns: same}}",
        )
        .unwrap();
        let of = |mother: &str| guards.of(mother).map(|guard| guard.rule.to_string()).collect::<Vec<_>>();
        assert_eq!(
            of("users"),
            ["rows >= 1", "unique id", "unique app, email", "sql SELECT true", "columns same"]
        );
        assert_eq!(of("orders"), ["rows >= 1"]);
    }

    #[test]
    fn each_fault_is_named_with_its_key_and_what_fits() {
        let error = read(
            "guard: {Users: {}, users: {rows: [x, '>= 1'], columns: equal, nulls: {email: 5, id: <= 101%}, range: {age: 18}, \
             unique: [[]], not_null: [ctid], sql: [' ', 'SELECT count(*) > 0 FROM {nwe}']}}",
        )
        .unwrap_err();
        let messages = error.messages();
        for (message, expected) in messages.iter().zip([
            "guard.Users: table names come from file names in lower case; write users",
            "guard.users.rows[0]: \"x\" is no bound of rows; write for example '>= 1000', '1000..5000', '>= 90% of median(7)' \
             or '>= 50% of last'",
            "guard.users.columns: \"equal\" is not known; write same",
            "guard.users.not_null[0]: names a column with the name ctid, which is one of PostgreSQL's own columns in every table; \
             name a column of the table",
            "guard.users.nulls.email: \"5\" is no bound of a share of NULLs; write for example '<= 5%'",
            "guard.users.nulls.id: \"<= 101%\" is no bound of a share of NULLs; write for example '<= 5%'",
            "guard.users.unique[0]: names no column; name one, or several in a list",
            "guard.users.range.age: \"18\" is no range; write for example '18..120' or '>= 2000-01-01'",
            "guard.users.sql[0]: is empty; write for example 'SELECT count(*) > 0 FROM {new}'",
            "guard.users.sql[1]: names a table that guards do not have; did you mean {new}? The tables are {new}, {old}, {mother}",
        ]) {
            assert_eq!(message, expected);
        }
        assert_eq!(messages.len(), 10);
    }

    #[test]
    fn braces_that_are_no_table_stay() {
        assert_eq!(misspelt("SELECT '{a}'::text[] = '{}' FROM {new} JOIN {old} USING (id)"), None);
        assert_eq!(misspelt("SELECT true FROM ({new})"), None);
        assert_eq!(misspelt("SELECT EXISTS (SELECT FROM {mothr})"), Some("{mother}"));
    }
}
