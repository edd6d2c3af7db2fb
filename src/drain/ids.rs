//! Ids that are different in Redis stay different in the table. By the rules of some types and collations two of them may be
//! equal (`citext`, `char(n)`, nondeterministic collations), and an upsert would put one row in the place of the other.

use super::row::INDEX;
use crate::copy::encode::CopyColumn;
use crate::copy::rejects::rejected_row::RejectedRow;
use crate::pg::catalog::with_comparisons;
use crate::pg::ident::{Qualified, quote};
use crate::{Error, Result};
use postgres::Client;
use std::sync::Arc;

/// The columns of a key by which rows are merged, the id among them.
#[derive(Debug, Default)]
pub struct IdKey {
    columns: Vec<KeyColumn>,
}

#[derive(Debug)]
struct KeyColumn {
    name: String,
    /// Whether two values may be equal though their texts differ.
    is_loose: bool,
    /// The schema of the type's comparisons.
    comparisons: String,
}

/// The oid of a staging table, and what is to be known of the columns of its `key`, which may be none.
///
/// # Errors
/// A table that does not exist; what the server reports.
pub fn look_up(client: &mut Client, stage: &Qualified, key: &[String]) -> Result<(u32, IdKey)> {
    let rows = client.query(&with_comparisons(include_str!("ids.sql")), &[&stage.to_string(), &key])?;
    let oid: Option<u32> = rows.first().and_then(|row| row.get(0));
    let oid = oid.ok_or_else(|| Error::failed("the staging table is gone").of_connection())?;
    let column = |row: &postgres::Row| {
        Some(KeyColumn {
            name: row.get::<_, Option<String>>(1)?,
            is_loose: row.get::<_, Option<bool>>(2).unwrap_or(true),
            comparisons: row.get::<_, Option<String>>(3).unwrap_or_else(|| "pg_catalog".to_owned()),
        })
    };
    Ok((oid, IdKey { columns: rows.iter().filter_map(column).collect() }))
}

impl IdKey {
    /// Takes the rows out of `stage` whose ids are equal to the id of another row there, or in `table`, but have another text.
    /// Gives them as rejects; of those in the staging table one stays.
    ///
    /// # Errors
    /// A column of a type whose values cannot be found in Redis again; what the server reports.
    pub fn take_collisions(
        &self,
        client: &mut Client,
        stage: &Qualified,
        table: Option<&Qualified>,
        columns: &[CopyColumn],
        source: &str,
    ) -> Result<Vec<RejectedRow>> {
        let Some(id) = columns.get(INDEX) else { return Ok(Vec::new()) };
        if !self.columns.iter().any(|column| column.is_loose && column.name == id.name) {
            return Ok(Vec::new());
        }
        let mut rejects = Vec::new();
        for row in client.query(&self.statement(stage, table, columns), &[])? {
            let (named, other): (String, String) = (row.get(0), row.get(1));
            let reject = RejectedRow {
                order: 0,
                source: Arc::from(source),
                row: None,
                column: Some(id.name.clone()),
                value: Some(named.clone()),
                reason: format!(
                    "id {named:?} equals id {other:?} in the column's type {} or its collation, and would take its place",
                    id.type_name
                ),
                named: Some(named),
                values: row.get(2),
            };
            if !is_text(&id.type_name) {
                return Err(Error::failed(&reject.reason).at(reject.place()));
            }
            rejects.push(reject);
        }
        Ok(rejects)
    }

    fn statement(&self, stage: &Qualified, table: Option<&Qualified>, columns: &[CopyColumn]) -> String {
        let id = format!("{}::text COLLATE \"C\"", quote(&columns[INDEX].name));
        let key: Vec<String> =
            self.columns.iter().map(|column| format!("s.{}", quote(&column.name))).collect();
        let equal = |column: &KeyColumn| {
            let name = quote(&column.name);
            format!("t.{name} OPERATOR({}.=) s.{name}", quote(&column.comparisons))
        };
        let equal = self.columns.iter().map(equal).collect::<Vec<_>>().join(" AND ");
        let (there, join) = match table {
            Some(table) => (format!("t.{id}"), format!("LEFT JOIN {table} t ON {equal}")),
            None => ("NULL::text".to_owned(), String::new()),
        };
        let values = columns.iter().map(|column| format!("s.{}::text", quote(&column.name)));
        let (key, values) = (key.join(", "), values.collect::<Vec<_>>().join(", "));
        format!(
            "DELETE FROM {stage} s USING (\
               SELECT s.ctid AS place, {there} AS there, s.{id} AS id, row_number() OVER same AS number, \
                      first_value(s.{id}) OVER same AS first \
               FROM {stage} s {join} \
               WINDOW same AS (PARTITION BY {key} ORDER BY {there} = s.{id} DESC NULLS LAST, s.{id})) d \
             WHERE s.ctid = d.place AND (d.number > 1 OR d.there <> d.id) \
             RETURNING d.id, coalesce(d.there, d.first), to_jsonb(ARRAY[{values}])::text"
        )
    }
}

/// Whether the texts of a type's values are the texts that were copied.
fn is_text(type_name: &str) -> bool {
    type_name == "text" || type_name.starts_with("character") || type_name.ends_with("citext")
}
