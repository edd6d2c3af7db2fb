//! NULLs, least and greatest values of the columns that guards ask about: from what was sent where that is known, else by one query
//! over the new table.

use crate::Result;
use crate::copy::encode::CopyColumn;
use crate::copy::figures::{Figures, Look};
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::guards::Rule;
use crate::pg::ident::{Qualified, literal, quote};
use crate::pg::type_name::without_modifier;
use postgres::Transaction;
use std::collections::BTreeMap;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What is known of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Its NULLs.
    pub nulls: u64,
    /// Its least and its greatest value, as SQL expressions; `None` where all are NULL.
    pub extremes: Option<(String, String)>,
}

/// The figures to be taken while a unit's rows are sent; `None` where there are none to take, or the rows go out as text.
pub fn figures(unit: &Unit) -> Option<Figures> {
    let copied = &unit.columns.copied;
    if unit.guards.is_empty() || !copied.iter().all(CopyColumn::has_encoder) {
        return None;
    }
    let looks: Vec<Look> = copied.iter().map(|column| look_at(column, unit)).collect();
    looks.iter().any(|look| *look != Look::Nowhere).then(|| Figures::new(looks))
}

fn look_at(column: &CopyColumn, unit: &Unit) -> Look {
    let rules = unit.guards.iter().map(|guard| &guard.rule);
    rules.fold(Look::Nowhere, |look, rule| match (rule, look) {
        (Rule::Range(name, _), _) if *name == column.name => {
            Look::at_values(&column.type_name).unwrap_or(look)
        }
        (Rule::NotNull(name) | Rule::Nulls(name, _), Look::Nowhere) if *name == column.name => Look::Nulls,
        _ => look,
    })
}

/// Measures the columns that the unit's guards ask about; `table` has its rows, so many of them.
///
/// # Errors
/// What the server reports.
pub fn measure(
    unit: &Unit,
    table: &Qualified,
    rows: u64,
    figures: Option<&Figures>,
    transaction: &mut Transaction<'_>,
) -> Result<BTreeMap<String, Measured>> {
    let (mut measured, mut unknown) = (BTreeMap::new(), Vec::new());
    for rule in unit.guards.iter().map(|guard| &guard.rule) {
        let (name, by_values) = match rule {
            Rule::NotNull(name) | Rule::Nulls(name, _) => (name, false),
            Rule::Range(name, _) => (name, true),
            Rule::Rows(_) | Rule::SameColumns | Rule::Unique(_) | Rule::Sql(_) => continue,
        };
        let Some(position) = unit.columns.copied.iter().position(|column| column.name == *name) else {
            match unit.columns.fixed.iter().find(|fixed| fixed.name == *name) {
                Some(fixed) => unknown.push((name, &fixed.type_name, by_values)),
                // Another column that the data file lacks is NULL in every row.
                None => {
                    measured.insert(name.clone(), Measured { nulls: rows, extremes: None });
                }
            }
            continue;
        };
        let type_name = &unit.columns.copied[position].type_name;
        match figures.and_then(|figures| Some((figures.of(position)?, figures.have_values_of(position)))) {
            Some((figures, has_values)) if has_values || !by_values => {
                let extremes = figures
                    .extremes
                    .map(|(least, greatest)| (expression(least, type_name), expression(greatest, type_name)));
                measured.insert(name.clone(), Measured { nulls: figures.nulls, extremes });
            }
            _ => unknown.push((name, type_name, by_values)),
        }
    }
    if !unknown.is_empty() {
        let select: Vec<String> =
            unknown.iter().map(|(name, _, by_values)| select(name, *by_values)).collect();
        let row = transaction.query_one(&format!("SELECT {} FROM {table}", select.join(", ")), &[])?;
        for (index, (name, type_name, _)) in unknown.iter().enumerate() {
            let [least, greatest] = [1, 2].map(|part| row.get::<_, Option<String>>(3 * index + part));
            let typed = |text: String| format!("{}::{type_name}", literal(&text));
            let now = Measured {
                nulls: u64::try_from(row.get::<_, i64>(3 * index)).unwrap_or(0),
                extremes: least.zip(greatest).map(|(least, greatest)| (typed(least), typed(greatest))),
            };
            // Several guards may be about one column.
            let known = measured.entry((*name).clone()).or_insert_with(|| now.clone());
            known.extremes = known.extremes.take().or(now.extremes);
        }
    }
    Ok(measured)
}

/// The NULLs of a column, and its least and greatest value.
fn select(name: &str, by_values: bool) -> String {
    let column = quote(name);
    match by_values {
        true => format!("count(*) - count({column}), min({column})::text, max({column})::text"),
        false => format!("count(*) - count({column}), NULL::text, NULL::text"),
    }
}

/// A value as SQL, by the number that its binary form is (PostgreSQL: `src/include/utils/date.h`, `datatype/timestamp.h`).
fn expression(value: i64, type_name: &str) -> String {
    let infinite = |least: i64, greatest: i64| match value {
        value if value == least => Some(format!("'-infinity'::{type_name}")),
        value if value == greatest => Some(format!("'infinity'::{type_name}")),
        _ => None,
    };
    let moment = || {
        let (days, rest) = (value.div_euclid(DAY), value.rem_euclid(DAY));
        format!(
            "('2000-01-01'::timestamp + make_interval(days => {days}) + {rest}::float8 * '1 microsecond'::interval)"
        )
    };
    match without_modifier(type_name).0.as_str() {
        "date" => infinite(i64::from(i32::MIN), i64::from(i32::MAX))
            .unwrap_or_else(|| format!("('2000-01-01'::date + ({value}))")),
        "timestamp without time zone" => infinite(i64::MIN, i64::MAX).unwrap_or_else(moment),
        "timestamp with time zone" => {
            infinite(i64::MIN, i64::MAX).unwrap_or_else(|| format!("({} AT TIME ZONE 'UTC')", moment()))
        }
        _ => format!("'{value}'::{type_name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_server_reads_them() {
        assert_eq!(expression(-5, "integer"), "'-5'::integer");
        assert_eq!(expression(-1, "date"), "('2000-01-01'::date + (-1))");
        assert_eq!(expression(i64::from(i32::MAX), "date"), "'infinity'::date");
        assert_eq!(
            expression(i64::MIN, "timestamp(3) without time zone"),
            "'-infinity'::timestamp(3) without time zone"
        );
        let moment = "('2000-01-01'::timestamp + make_interval(days => -1) + 86399999999::float8 * '1 microsecond'::interval)";
        assert_eq!(expression(-1, "timestamp without time zone"), moment);
        assert_eq!(expression(-1, "timestamp with time zone"), format!("({moment} AT TIME ZONE 'UTC')"));
    }
}
