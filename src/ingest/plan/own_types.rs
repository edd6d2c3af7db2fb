//! Types that no type map knows: whether the database has them by that name, as its own, an extension's or a user's.

use crate::ingest::catalogue::scan::ScannedTable;
use crate::pg::type_name::{TypeName, TypeNames};
use crate::{Error, Result};
use postgres::Client;
use std::collections::HashMap;

/// Whether a type is the row type of a table, or an array of one. A column of it would stand in the way of that table.
const IS_OF_ROWS: &str = "SELECT t.typtype = 'c' OR coalesce(e.typtype = 'c', false) FROM pg_type t \
                          LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' \
                          WHERE t.oid = to_regtype($1)";

/// Asks the server about the types that only it can know.
///
/// # Errors
/// Types that are unknown to it too, and those that were refused without it: one fault for each, with the number of columns
/// and the first of them.
pub fn check(catalogue: &mut [ScannedTable], client: &mut Client, types: &mut TypeNames) -> Result<()> {
    let mut known: HashMap<&TypeName, bool> = HashMap::new();
    let mut faults = Vec::new();
    for scanned in catalogue {
        faults.append(&mut scanned.type_faults);
        for column in scanned.columns.iter().filter(|column| column.by_own_name) {
            let exists = match known.get(&column.type_name) {
                Some(exists) => *exists,
                None => exists(&column.type_name, client, types)?,
            };
            known.insert(&column.type_name, exists);
            if !exists {
                let place = scanned.source.descriptor_place().column(&column.name);
                faults.push(scanned.types.unknown(&column.source_type).at(place));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::gathered(faults)) }
}

fn exists(name: &TypeName, client: &mut Client, types: &mut TypeNames) -> Result<bool> {
    match types.canonical(client, name) {
        Ok(name) => {
            let row = client.query_opt(IS_OF_ROWS, &[&name.as_str()])?;
            Ok(row.is_some_and(|row| !row.get::<_, bool>(0)))
        }
        Err(error) if client.is_closed() => Err(error),
        Err(_) => Ok(false),
    }
}
