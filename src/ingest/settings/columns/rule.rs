//! The rule of one column, read and checked.

use crate::config::{Config, RuleCfg, Several, Text};
use crate::copy::encode::rules::ValueRules;
use crate::copy::encode::rules::null_if::NullIf;
use crate::copy::rejects::limit::RejectLimit;
use crate::pg::ident;
use crate::{Error, Place};
use std::fmt;

const NULL_IF_EXAMPLE: &str = "write for example ['n/a', '0000-00-00*']";

/// What is done with the values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRule {
    /// The column of the mother, as it is written.
    pub column: String,
    /// Its key: `columns.users.email`.
    pub key: String,
    /// The line of the key.
    pub line: Option<u64>,
    /// What is done with each value.
    pub values: ValueRules,
    /// How many values of a data file may be NULL since the column cannot hold them.
    pub max_bad: RejectLimit,
    /// Versions, and what the column is called there.
    pub from: Vec<(String, String)>,
    /// Whether the column is left out of version tables.
    pub skip: bool,
    /// Versions without the column, and the value of all their rows.
    pub value: Vec<(String, String)>,
}

impl ColumnRule {
    /// What the column is called in a version that calls it otherwise.
    pub fn name_in(&self, version: &str) -> Option<&str> {
        of_version(&self.from, version)
    }

    /// The value of all rows of a version.
    pub fn value_in(&self, version: &str) -> Option<&str> {
        of_version(&self.value, version)
    }
}

fn of_version<'t>(pairs: &'t [(String, String)], version: &str) -> Option<&'t str> {
    pairs.iter().find(|(known, _)| known == version).map(|(_, text)| text.as_str())
}

impl fmt::Display for ColumnRule {
    /// As it can be written in the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ColumnRule { column, values, max_bad, from, skip, value, .. } = self;
        let mut parts = Vec::new();
        let of_versions = |name: &str, pairs: &[(String, String)]| {
            let pairs: Vec<String> =
                pairs.iter().map(|(version, text)| format!("{version}: {}", quoted(text))).collect();
            format!("{name}: {{{}}}", pairs.join(", "))
        };
        if !from.is_empty() {
            parts.push(of_versions("from", from));
        }
        if *skip {
            parts.push("skip: true".to_owned());
        }
        if !value.is_empty() {
            parts.push(of_versions("value", value));
        }
        if values.trim {
            parts.push("trim: true".to_owned());
        }
        if !values.null_if.is_empty() {
            let patterns: Vec<String> = values.null_if.patterns().map(quoted).collect();
            parts.push(format!("null_if: [{}]", patterns.join(", ")));
        }
        if values.bad_is_null {
            parts.push("bad: null".to_owned());
        }
        if *max_bad != RejectLimit::ANY {
            parts.push(format!("max_bad: {max_bad}"));
        }
        write!(f, "{column}: {{{}}}", parts.join(", "))
    }
}

/// A text as YAML writes it in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Versions are in lower case, as in the names of dumps.
fn versions(pairs: &[(String, Text)]) -> Vec<(String, String)> {
    pairs.iter().map(|(version, Text(text))| (version.to_lowercase(), text.clone())).collect()
}

/// Reads rules, and collects what is wrong with them.
pub struct Reader<'r> {
    /// The configuration.
    pub config: &'r Config,
    /// What is wrong.
    pub faults: &'r mut Vec<Error>,
}

impl Reader<'_> {
    /// The rule of a column below `mother`, the key of its mother. Where it has faults, what is right of it.
    pub fn rule(&mut self, mother: &str, column: &str, cfg: &RuleCfg) -> ColumnRule {
        let key = format!("{mother}.{column}");
        if let Some(refusal) = ident::column_refusal(column) {
            self.fault(&key, format!("names a column with {refusal}"), "name a column of the table");
        }
        let values = ValueRules {
            trim: cfg.trim,
            null_if: self.null_if(&key, cfg),
            bad_is_null: self.bad_is_null(&key, cfg),
        };
        let max_bad = self.max_bad(&key, cfg, values.bad_is_null);
        let (from, value) = (self.from(&key, cfg), versions(&cfg.value.0));
        let skip = cfg.skip;
        if skip && (values != ValueRules::default() || !value.is_empty()) {
            self.fault(
                &key,
                "skip: true leaves the column out, and other rules are for its values",
                "leave out either",
            );
        }
        ColumnRule {
            column: column.to_owned(),
            line: self.line(&key),
            key,
            values,
            max_bad,
            from,
            skip,
            value,
        }
    }

    fn from(&mut self, key: &str, cfg: &RuleCfg) -> Vec<(String, String)> {
        for (version, Text(name)) in &cfg.from.0 {
            if let Some(refusal) = ident::column_refusal(name) {
                let key = format!("{key}.from.{version}");
                self.fault(&key, format!("names a column with {refusal}"), "name a column of this version");
            }
        }
        versions(&cfg.from.0)
    }

    fn null_if(&mut self, key: &str, cfg: &RuleCfg) -> NullIf {
        let key = format!("{key}.null_if");
        let Some(Several(texts)) = &cfg.null_if else { return NullIf::default() };
        if texts.is_empty() {
            self.fault(&key, "the list names no text", NULL_IF_EXAMPLE);
        }
        NullIf::parse(texts.iter().map(|Text(text)| text.as_str())).unwrap_or_else(|(text, error)| {
            self.fault(&key, format!("{text:?} is no shell pattern: {error}"), NULL_IF_EXAMPLE);
            NullIf::default()
        })
    }

    fn bad_is_null(&mut self, key: &str, cfg: &RuleCfg) -> bool {
        match cfg.bad.as_ref().map(|Text(word)| word.as_str()) {
            None | Some("reject") => false,
            Some("null") => true,
            Some(other) => {
                self.fault(&format!("{key}.bad"), format!("{other:?} is not known"), "write null or reject");
                false
            }
        }
    }

    fn max_bad(&mut self, key: &str, cfg: &RuleCfg, bad_is_null: bool) -> RejectLimit {
        let key = format!("{key}.max_bad");
        let Some(Text(limit)) = &cfg.max_bad else { return RejectLimit::ANY };
        if !bad_is_null {
            let what = "counts what bad: null replaces, and bad is reject";
            self.fault(&key, what, "add bad: null, or leave it out");
        }
        limit.parse().unwrap_or_else(|wrong: &str| {
            self.faults.push(Error::refused(format!("{key}: {wrong}")).at(self.place(&key)));
            RejectLimit::ANY
        })
    }

    fn line(&self, key: &str) -> Option<u64> {
        self.config.marks.find(key).map(|mark| mark.line as u64)
    }

    fn place(&self, key: &str) -> Place {
        Place { line: self.line(key), ..Place::default() }
    }

    fn fault(&mut self, key: &str, what: impl fmt::Display, remedy: &str) {
        let place = self.place(key);
        self.faults.push(Error::refused(format!("{key}: {what}")).at(place).remedy(remedy));
    }
}
