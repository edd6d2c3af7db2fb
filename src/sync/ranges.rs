//! Ranges of keys with about the same number of rows, by the planner's statistics of the key's first column.

use super::state::Range;
use super::table::pair::Pair;
use super::table::shape::ShapeColumn;
use crate::Result;
use crate::pg::ident::{literal, quote};
use postgres::Client;

/// Rows of a sample, if the planner has no statistics.
const SAMPLE_ROWS: f64 = 30_000.0;

/// Different values of the key's first column that cut the table into up to `wanted` parts, in the order of the source's index;
/// none if the table has no key or no rows.
///
/// # Errors
/// What the server reports.
pub fn bounds(client: &mut Client, pair: &Pair, wanted: usize) -> Result<Vec<String>> {
    let Some(first) = pair.key.first() else { return Ok(Vec::new()) };
    if wanted < 2 {
        return Ok(Vec::new());
    }
    let Some(column) = pair.source.column(first) else { return Ok(Vec::new()) };
    let first = column.source_name();
    let (name, table) = (quote(first), &pair.source.table);
    let statistics = format!(
        "SELECT unnest(histogram_bounds::text::{}[]) AS bound FROM pg_stats WHERE schemaname = {} AND tablename = {} \
         AND attname = {} AND NOT inherited",
        column.type_name,
        literal(table.schema()),
        literal(table.name()),
        literal(first),
    );
    let share = (100.0 * SAMPLE_ROWS / (pair.source.rows as f64).max(1.0)).min(100.0);
    let sample = format!("SELECT {name} AS bound FROM {table} TABLESAMPLE SYSTEM ({share})");
    for values in [statistics, sample] {
        let sql = format!(
            "SELECT bound::text AS value FROM (\
                 SELECT bound, row_number() OVER w AS place, count(*) OVER () AS all_of_them FROM ({values}) v \
                 WHERE bound IS NOT NULL WINDOW w AS (ORDER BY bound)) n \
             WHERE place * {wanted} / all_of_them <> (place - 1) * {wanted} / all_of_them AND place < all_of_them \
             GROUP BY bound ORDER BY bound"
        );
        let found: Vec<String> = client.query(&sql, &[])?.iter().map(|row| row.get(0)).collect();
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// How much the rows are in the order of the key's first column, from -1 to 1, by the planner's statistics; 0 without
/// statistics.
///
/// # Errors
/// What the server reports.
pub fn correlation(client: &mut Client, pair: &Pair) -> Result<f64> {
    let Some(first) = pair.key_columns().next().map(ShapeColumn::source_name) else { return Ok(0.0) };
    let sql = "SELECT correlation::float8 FROM pg_stats \
               WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited";
    let table = &pair.source.table;
    let row = client.query_opt(sql, &[&table.schema(), &table.name(), &first])?;
    Ok(row.and_then(|row| row.get(0)).unwrap_or(0.0))
}

/// The ranges between bounds.
pub fn between(bounds: &[String]) -> Vec<Range> {
    let low = std::iter::once(None).chain(bounds.iter().cloned().map(Some));
    let high = bounds.iter().cloned().map(Some).chain(std::iter::once(None));
    low.zip(high).zip(1..).map(|((low, high), number)| Range { number, low, high }).collect()
}

/// The condition that the rows of a range fulfil.
pub fn condition(pair: &Pair, low: Option<&str>, high: Option<&str>) -> String {
    let Some(column) = pair.key.first().and_then(|name| pair.source.column(name)) else {
        return "true".to_owned();
    };
    let name = quote(&column.name);
    let compare = |sign: &str, value: &str| {
        let sign = column.comparison(sign);
        format!("{name} {sign} {}::{}", literal(value), column.type_name)
    };
    let parts: Vec<String> =
        low.map(|low| compare(">=", low)).into_iter().chain(high.map(|high| compare("<", high))).collect();
    if parts.is_empty() { "true".to_owned() } else { parts.join(" AND ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_all_keys() {
        let range = |number, low: Option<&str>, high: Option<&str>| Range {
            number,
            low: low.map(str::to_owned),
            high: high.map(str::to_owned),
        };
        assert_eq!(between(&[]), [range(1, None, None)]);
        assert_eq!(
            between(&["a".into(), "b".into()]),
            [range(1, None, Some("a")), range(2, Some("a"), Some("b")), range(3, Some("b"), None)]
        );
    }
}
