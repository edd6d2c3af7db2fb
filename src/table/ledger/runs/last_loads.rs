//! What was loaded before, for comparisons with what is loaded now.

use crate::Result;
use crate::pg::ident::Qualified;
use postgres::Transaction;

/// The rows of the last `most` loads of a version table, the newest one first. Loads that failed do not count. There are none where
/// there is no history, or where this role may not read it.
///
/// # Errors
/// What the server reports.
pub fn last_loads(transaction: &mut Transaction<'_>, table: &Qualified, most: u32) -> Result<Vec<u64>> {
    // An error would end the transaction, so the rights come first.
    let may_read = "SELECT coalesce(bool_and(has_table_privilege(c.oid, 'SELECT')), false) AND count(*) = 2 \
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                    WHERE n.nspname = 'pghaul' AND c.relname IN ('runs', 'history') AND has_schema_privilege(n.oid, 'USAGE')";
    if !transaction.query_one(may_read, &[])?.get::<_, bool>(0) {
        return Ok(Vec::new());
    }
    let rows = transaction
        .query(include_str!("last_loads.sql"), &[&table.schema(), &table.name(), &i64::from(most)])?;
    Ok(rows.iter().map(|row| u64::try_from(row.get::<_, i64>(0)).unwrap_or(0)).collect())
}
