//! A replica's description of itself: the names of its columns, the index first.

use super::connection::Redis;
use super::keys::Keys;
use crate::pg::ident;
use crate::{Error, Place, Result};
use redis::{Value, cmd};

/// The field that names the columns.
const COLUMNS: &str = "COLUMNS";

/// The columns of a replica, or of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The description, as Redis has it.
    pub text: Vec<u8>,
    /// Their names in the table: the index first, then one for each value of a row.
    pub names: Vec<String>,
}

/// The columns that a replica has now.
///
/// # Errors
/// A description that is missing or cannot be read; names that no columns can have.
pub fn columns(redis: &mut Redis, keys: &Keys) -> Result<Columns> {
    match redis.ask::<Value>(cmd("HGET").arg(&keys.meta).arg(COLUMNS))? {
        Value::BulkString(text) => read(text, redis.place(&keys.meta)),
        _ => Err(Error::refused(format!("there is no field {COLUMNS}, which names the columns"))
            .at(redis.place(&keys.meta))
            .remedy(format!("set it: HSET {:?} {COLUMNS} '[\"id\", …]'; nothing was touched", keys.meta))),
    }
}

/// The columns that a batch was taken with; none for a batch that an earlier version of pghaul has taken.
///
/// # Errors
/// As [`columns`].
pub fn columns_of_batch(redis: &mut Redis, batch: &str) -> Result<Option<Columns>> {
    let key = Keys::columns(batch);
    match redis.ask::<Value>(cmd("GET").arg(&key))? {
        Value::BulkString(text) => read(text, redis.place(&key)).map(Some),
        _ => Ok(None),
    }
}

fn read(text: Vec<u8>, place: Place) -> Result<Columns> {
    let names: Vec<String> = serde_json::from_slice(&text).map_err(|error| {
        Error::refused(format!("{COLUMNS} is no JSON list of names: {error}"))
            .at(place.clone())
            .remedy("write it as [\"id\", \"name\"]; nothing was touched")
    })?;
    Ok(Columns { names: in_table(&names).map_err(|error| error.at(place))?, text })
}

/// The names as columns of a table. A dot, as in flattened JSON, becomes an underscore.
///
/// # Errors
/// No name; a name that no column can have; two names that become the same.
pub fn in_table(names: &[String]) -> Result<Vec<String>> {
    if names.is_empty() {
        return Err(Error::refused(format!("{COLUMNS} names no column")).remedy("the first one is the index"));
    }
    let mut columns: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let column = name.replace('.', "_");
        if let Some(why) = ident::column_refusal(&column) {
            return Err(Error::refused(format!("{COLUMNS} has {why}")).remedy("rename the column"));
        }
        if columns.contains(&column) {
            return Err(Error::refused(format!("{COLUMNS} names two columns {column}"))
                .remedy("a dot becomes an underscore; rename one of them"));
        }
        columns.push(column);
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Result<Vec<String>> {
        in_table(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn dots_become_underscores() {
        assert_eq!(named(&["id", "address.city", "Größe"]).unwrap(), ["id", "address_city", "Größe"]);
    }

    #[test]
    fn names_that_no_table_can_have_are_refused() {
        for (names, why) in [
            (&[][..], "names no column"),
            (&["id", "a.b", "a_b"], "two columns a_b"),
            (&["id", ""], "an empty name"),
            (&["id", "ctid"], "ctid"),
            (&["id", "a\nb"], "control character"),
        ] {
            let error = named(names).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
