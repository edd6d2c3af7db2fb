//! Judging a unit whose rows are in a table that others do not see.

use super::columns;
use super::measure::{self, Measured};
use super::past::{self, Past};
use super::query::{self, Tables};
use crate::copy::figures::Figures;
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::guards::bounds::Bounds;
use crate::ingest::settings::guards::rows::Share;
use crate::ingest::settings::guards::{Guard, Rule};
use crate::pg::catalog;
use crate::pg::ident::{Qualified, literal, quote};
use crate::report::guard::{GuardReport, GuardStatus};
use crate::report::{plural, thousands};
use crate::run::interrupt;
use crate::table::ledger::loads::{self, Entry};
use crate::table::ledger::runs;
use crate::{Error, Result};
use postgres::Transaction;
use std::collections::BTreeMap;

/// Loads that are looked up for a message, where no guard needs more.
const SHOWN_LOADS: u32 = 7;

/// What is said of units that no guard of their rows is for.
const DEFAULT: &str = "rows >= 50% of last";

/// A unit that is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'c> {
    /// The unit.
    pub unit: &'c Unit,
    /// The table that holds its rows.
    pub table: &'c Qualified,
    /// How many rows the server has counted.
    pub rows: u64,
    /// Figures of what was sent.
    pub figures: Option<&'c Figures>,
    /// Whether it is published whatever the guards find.
    pub is_accepted: bool,
}

/// What the guards of a unit find, in their order. To be called before the transaction takes a lock that readers wait for.
///
/// # Errors
/// What the server reports; Ctrl-C. That a guard refuses the unit is in its report.
pub fn judge(candidate: &Candidate<'_>, transaction: &mut Transaction<'_>) -> Result<Vec<GuardReport>> {
    let Candidate { unit, table, rows, figures, is_accepted } = *candidate;
    let entry = loads::entry(transaction, unit.table.schema(), unit.table.name())?;
    if unit.guards.is_empty() {
        return Ok(by_default(rows, entry.as_ref()).into_iter().collect());
    }
    let past = past(unit, entry.as_ref(), transaction)?;
    let measured = measure::measure(unit, table, rows, figures, transaction)?;
    let old = old_table(candidate, transaction)?;
    let tables = Tables { new: table, old: old.as_ref(), mother: &unit.mother };
    let known = Known { candidate, entry: entry.as_ref(), past: &past, measured: &measured, tables };
    let mut reports = Vec::with_capacity(unit.guards.len());
    for Guard { rule, .. } in &unit.guards {
        interrupt::check()?;
        let (passes, found) = known.judge(rule, transaction)?;
        let status = match (passes, is_accepted) {
            (true, _) => GuardStatus::Passed,
            (false, true) => GuardStatus::Accepted,
            (false, false) => GuardStatus::Refused,
        };
        reports.push(GuardReport { guard: rule.to_string(), status, found });
    }
    if !unit.guards.iter().any(|guard| matches!(guard.rule, Rule::Rows(_))) {
        reports.extend(by_default(rows, entry.as_ref()));
    }
    Ok(reports)
}

/// The warning that needs no configuration.
fn by_default(rows: u64, entry: Option<&Entry>) -> Option<GuardReport> {
    let found = past::warning(rows, entry?.rows)?;
    Some(GuardReport { guard: DEFAULT.to_owned(), status: GuardStatus::Warned, found })
}

/// What was loaded before, as far as a guard asks about it.
fn past(unit: &Unit, entry: Option<&Entry>, transaction: &mut Transaction<'_>) -> Result<Past> {
    let looks_back = |guard: &Guard| match &guard.rule {
        Rule::Rows(rule) => Some(rule.loads().max(SHOWN_LOADS)),
        _ => None,
    };
    let loads = match unit.guards.iter().filter_map(looks_back).max() {
        Some(most) => runs::last_loads(transaction, &unit.table, most)?,
        None => Vec::new(),
    };
    Ok(Past { last: entry.map(|entry| entry.rows), loads })
}

/// The version table that the new one replaces, if there is one.
fn old_table(candidate: &Candidate<'_>, transaction: &mut Transaction<'_>) -> Result<Option<Qualified>> {
    let table = &candidate.unit.table;
    let is_there = table != candidate.table && catalog::oid_of(transaction, table)?.is_some();
    Ok(is_there.then(|| table.clone()))
}

/// What guards judge by.
struct Known<'k> {
    candidate: &'k Candidate<'k>,
    entry: Option<&'k Entry>,
    past: &'k Past,
    measured: &'k BTreeMap<String, Measured>,
    tables: Tables<'k>,
}

impl Known<'_> {
    /// Whether the rows are as the rule asks for, and the figures.
    fn judge(&self, rule: &Rule, transaction: &mut Transaction<'_>) -> Result<(bool, String)> {
        let rows = self.candidate.rows;
        let measured = |column: &String| self.measured.get(column).cloned().unwrap_or_default();
        Ok(match rule {
            Rule::Rows(rule) => past::judge(rule, rows, self.past),
            Rule::SameColumns => {
                columns::judge(self.candidate.unit, self.entry.map(|entry| &entry.fingerprint))
            }
            Rule::NotNull(column) => {
                let nulls = measured(column).nulls;
                (nulls == 0, in_rows(nulls, rows))
            }
            Rule::Nulls(column, bounds) => nulls(bounds, measured(column).nulls, rows),
            Rule::Range(column, bounds) => self.range(column, bounds, measured(column), transaction)?,
            Rule::Unique(columns) => unique(columns, self.candidate.table, transaction)?,
            Rule::Sql(sql) => query::ask(sql, self.tables, transaction)?,
        })
    }

    fn range(
        &self,
        column: &str,
        bounds: &Bounds<String>,
        measured: Measured,
        transaction: &mut Transaction<'_>,
    ) -> Result<(bool, String)> {
        let type_name = self.candidate.unit.columns.all().find(|candidate| candidate.name == column);
        let (Some((least, greatest)), Some(type_name)) = (measured.extremes, type_name) else {
            return Ok((true, "no value".to_owned()));
        };
        let condition = conditions(bounds, &type_name.type_name.to_string(), &least, &greatest);
        let sql = format!("SELECT {condition}, ({least})::text, ({greatest})::text");
        let row = transaction.query_one(&sql, &[])?;
        let (holds, least, greatest): (bool, String, String) = (row.get(0), row.get(1), row.get(2));
        Ok((holds, format!("{least} to {greatest}")))
    }
}

/// The condition that a least and a greatest value lie within.
pub fn conditions(bounds: &Bounds<String>, type_name: &str, least: &str, greatest: &str) -> String {
    let equal = if bounds.inclusive { "=" } else { "" };
    let typed = |bound: &String| format!("{}::{type_name}", literal(bound));
    let low = bounds.low.iter().map(|low| format!("{least} >{equal} {}", typed(low)));
    let high = bounds.high.iter().map(|high| format!("{greatest} <{equal} {}", typed(high)));
    low.chain(high).collect::<Vec<_>>().join(" AND ")
}

fn in_rows(nulls: u64, rows: u64) -> String {
    let (words, all) = (plural(nulls, "NULL"), plural(rows, "row"));
    format!("{} {words} in {} {all}", thousands(nulls), thousands(rows))
}

fn nulls(bounds: &Bounds<Share>, nulls: u64, rows: u64) -> (bool, String) {
    // Exact: nulls / rows against share / whole.
    let scale = |share: Share| u128::from(share.0) * u128::from(rows);
    let scaled =
        Bounds { low: bounds.low.map(scale), high: bounds.high.map(scale), inclusive: bounds.inclusive };
    let holds = rows == 0 || scaled.hold(&(u128::from(nulls) * u128::from(Share::WHOLE)));
    let percent = if rows == 0 { 0.0 } else { nulls as f64 * 100.0 / rows as f64 };
    (holds, format!("{percent:.2}%, {}", in_rows(nulls, rows)))
}

/// The query for values that stand in several rows: how many, and one of them. NULL equals nothing, as in a unique index.
pub fn doubles(columns: &[String], from: &str) -> String {
    let names: Vec<String> = columns.iter().map(|column| quote(column)).collect();
    let (list, not_null) = (names.join(", "), names.join(" IS NOT NULL AND "));
    format!(
        "SELECT count(*), min(value) FROM (SELECT concat_ws(', ', {list}) AS value FROM {from} \
         WHERE {not_null} IS NOT NULL GROUP BY {list} HAVING count(*) > 1) doubled"
    )
}

fn unique(
    columns: &[String],
    table: &Qualified,
    transaction: &mut Transaction<'_>,
) -> Result<(bool, String)> {
    let row = transaction.query_one(&doubles(columns, &table.to_string()), &[])?;
    let count = u64::try_from(row.get::<_, i64>(0)).unwrap_or(0);
    let Some(example) = row.get::<_, Option<String>>(1).filter(|_| count > 0) else {
        return Ok((true, "no value twice".to_owned()));
    };
    let (values, stand) = (plural(count, "value"), if count == 1 { "stands" } else { "stand" });
    let example = crate::error::shortened(&example, 100);
    Ok((false, format!("{} {values} {stand} in several rows, such as {example:?}", thousands(count))))
}

/// The error of a unit that its guards refuse; `Ok` where they do not.
///
/// # Errors
/// That one.
pub fn refusal(unit: &Unit, reports: &[GuardReport]) -> Result<()> {
    let refused = reports.iter().filter(|report| report.status == GuardStatus::Refused);
    let refused: Vec<String> = refused.map(GuardReport::in_words).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let name = unit.table.name();
    Err(Error::failed(format!("not published, since its guards refuse it: {}", refused.join("; ")))
        .remedy(format!(
            "the old rows stay; correct the dump, or publish it as it is, this once, with --accept {name}"
        ))
        .of_data())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_nulls_are_exact() {
        let bounds =
            |text: &str| Bounds::parse(text).unwrap().try_map(|text| Share::parse(text).ok_or(())).unwrap();
        assert_eq!(nulls(&bounds("<= 5%"), 5, 100), (true, "5.00%, 5 NULLs in 100 rows".to_owned()));
        assert!(!nulls(&bounds("< 5%"), 5, 100).0 && !nulls(&bounds("<= 5%"), 51, 1000).0);
        assert!(nulls(&bounds(">= 50%"), 0, 0).0, "no row is no reason");
    }

    #[test]
    fn conditions_and_queries_quote_what_users_write() {
        let bounds = Bounds::parse("a'..z").unwrap();
        assert_eq!(conditions(&bounds, "text", "x", "y"), "x >= 'a'''::text AND y <= 'z'::text");
        assert_eq!(conditions(&Bounds::parse("< 5").unwrap(), "integer", "x", "y"), "y < '5'::integer");
        let sql = doubles(&["a\"b".to_owned(), "c".to_owned()], "t");
        assert!(
            sql.contains(r#"WHERE "a""b" IS NOT NULL AND "c" IS NOT NULL GROUP BY "a""b", "c""#),
            "{sql}"
        );
    }
}
