//! Rows that were deleted at the source. Comparing keys finds them; they are deleted or marked at the destination.

use crate::Result;
use crate::pg::ident::quote;
use crate::sync::compare::{Compared, Key, compare};
use crate::sync::session::Session;
use crate::sync::table::pair::Pair;

/// Deletes or marks them. The source is seen by the transaction that is open on its connection. Gives the number of rows.
///
/// # Errors
/// What a server reports, such as a foreign key of the destination that refers to one of the rows; Ctrl-C.
pub fn run(session: &mut Session<'_>) -> Result<u64> {
    let comparison = compare(session, Compared::Keys)?;
    let sql = statement(&session.pair);
    let mut count = 0;
    for difference in comparison.differences.iter().filter(|difference| !difference.gone.is_empty()) {
        let columns: Vec<Vec<&str>> = (0..session.pair.key.len())
            .map(|column| difference.gone.iter().map(|key: &Key| key[column].as_str()).collect())
            .collect();
        let parameters: Vec<&(dyn postgres::types::ToSql + Sync)> =
            columns.iter().map(|column| column as _).collect();
        count += session.destination.execute(&sql, &parameters)?;
    }
    Ok(count)
}

/// The statement that deletes or marks rows. Its parameters are the values of the keys, a list of text for each column.
pub fn statement(pair: &Pair) -> String {
    let number = 1..=pair.key.len();
    let lists: Vec<String> = number.clone().map(|number| format!("${number}::text[]")).collect();
    let names: Vec<String> = number.map(|number| format!("k{number}")).collect();
    let same: Vec<String> = pair
        .source
        .columns
        .iter()
        .filter_map(|column| {
            let place = pair.key.iter().position(|name| *name == column.name)?;
            let equals = column.comparison("=");
            Some(format!("t.{} {equals} g.{}::{}", quote(&column.name), names[place], column.type_name))
        })
        .collect();
    let (table, lists, names, same) = (&pair.table, lists.join(", "), names.join(", "), same.join(" AND "));
    match &pair.mark {
        Some(mark) => format!(
            "UPDATE {table} t SET {mark} = clock_timestamp() FROM unnest({lists}) g ({names}) \
             WHERE {same} AND t.{mark} IS NULL",
            mark = quote(mark)
        ),
        None => format!("DELETE FROM {table} t USING unnest({lists}) g ({names}) WHERE {same}"),
    }
}
