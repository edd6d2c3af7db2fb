//! What the user wants of the columns of a unit.

pub mod check;
pub mod types;

use super::columns::UnitColumns;
use crate::copy::encode::rules::ValueRules;
use crate::copy::rejects::limit::RejectLimit;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::Settings;
use crate::pg::ident::{literal, quote};
use crate::{Error, Place, Result};
use serde_json::{Map, Value, json};

/// The rules for the columns of a unit.
#[derive(Debug, Default)]
pub struct UnitRules {
    /// The columns that get NULL in the place of values that they cannot hold, and how many such values there may be.
    pub bad_limits: Vec<(String, RejectLimit)>,
    /// What decides about the values of a column, by its name.
    of_values: Vec<(String, ValueRules)>,
    /// The rules as they can be written.
    pub shown: Vec<String>,
    /// The columns that are left out.
    pub skipped: Vec<String>,
    /// The values of columns that are the same in all rows, by name.
    fixed: Vec<(String, String)>,
    /// The constraint on the version table that lets the planner pass over it.
    pub version_check: Option<String>,
}

/// The name of the constraint that says which version a table holds; `additions.sql` knows it, too.
const VERSION_CHECK: &str = "pghaul_version";

impl UnitRules {
    /// The rules for the columns of a version of `mother`, which get them.
    ///
    /// # Errors
    /// A column that must not be NULL, and would be.
    pub fn of(settings: &Settings, scanned: &ScannedTable, columns: &mut UnitColumns) -> Result<UnitRules> {
        let mother = scanned.source.table.as_str();
        let fixed = columns.fixed.iter().map(|fixed| (fixed.name.clone(), fixed.value.clone())).collect();
        let mut rules = UnitRules {
            skipped: scanned.skipped.clone(),
            shown: settings.columns.of_mother(mother).map(ToString::to_string).collect(),
            version_check: settings.version_column.as_ref().map(|name| {
                let version = literal(&scanned.source.dump.version);
                format!("CONSTRAINT {VERSION_CHECK} CHECK ({} = {version})", quote(name))
            }),
            fixed,
            ..UnitRules::default()
        };
        let must_not_be_null =
            |name: &str| columns.of_mother.iter().any(|own| own.name == name && own.not_null);
        for column in &mut columns.copied {
            let Some(rule) = settings.columns.of(mother, &column.name) else { continue };
            if rule.values.bad_is_null && must_not_be_null(&column.name) {
                let what = format!("{}: bad: null, but the mother table does not allow NULL there", rule.key);
                let remedy =
                    "leave out bad, so that such rows are rejected, or drop NOT NULL of the mother's column";
                return Err(Error::refused(what).at(Place::default().column(&column.name)).remedy(remedy));
            }
            column.rules = rule.values.clone();
            if rule.values.bad_is_null {
                rules.bad_limits.push((column.name.clone(), rule.max_bad));
            }
            if rule.values != ValueRules::default() {
                rules.of_values.push((column.name.clone(), rule.values.clone()));
            }
        }
        Ok(rules)
    }

    /// What decides about the rows, for the fingerprint; `None` without any rule. How many bad values there may be does not.
    pub fn in_ledger(&self) -> Option<Value> {
        let of_column = |(name, rules): &(String, ValueRules)| (name.clone(), in_ledger(rules));
        let mut columns: Map<String, Value> = self.of_values.iter().map(of_column).collect();
        columns.extend(self.fixed.iter().map(|(name, value)| (name.clone(), json!({"value": value}))));
        if let Some(check) = &self.version_check {
            columns.insert("version_column".to_owned(), json!(check));
        }
        (!columns.is_empty()).then_some(Value::Object(columns))
    }
}

fn in_ledger(rules: &ValueRules) -> Value {
    let ValueRules { trim, null_if, bad_is_null } = rules;
    let parts = [
        ("trim", trim.then(|| json!(true))),
        ("null_if", (!null_if.is_empty()).then(|| null_if.patterns().collect())),
        ("bad", bad_is_null.then(|| json!("null"))),
    ];
    Value::Object(parts.into_iter().filter_map(|(name, part)| Some((name.to_owned(), part?))).collect())
}
