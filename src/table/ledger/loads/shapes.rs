//! The shapes of version tables and their mothers, as they are now.

use crate::Result;
use postgres::Client;
use std::collections::HashMap;

/// The shape of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableShape {
    /// About how large it is, with its indexes, in bytes.
    pub bytes: u64,
    /// Names and types of its columns, in their order.
    pub columns: Vec<(String, String)>,
}

/// The shapes of all version tables and mothers of the ledger that exist, by schema and name.
///
/// # Errors
/// What the server reports; a ledger that does not exist.
pub fn all(client: &mut Client) -> Result<HashMap<(String, String), TableShape>> {
    let mut shapes = HashMap::new();
    for row in client.query(include_str!("shapes.sql"), &[])? {
        let bytes: i64 = row.try_get(2)?;
        let (names, types): (Vec<String>, Vec<String>) = (row.try_get(3)?, row.try_get(4)?);
        let shape =
            TableShape { bytes: bytes.unsigned_abs(), columns: names.into_iter().zip(types).collect() };
        shapes.insert((row.try_get(0)?, row.try_get(1)?), shape);
    }
    Ok(shapes)
}
