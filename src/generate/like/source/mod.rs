//! What is read of the existing tables: the catalog and its statistics, and no row.

mod table;
mod types;

pub use table::{Column, Key, Reference, Table};
pub use types::Types;

use crate::Result;
use postgres::Client;

/// The tables of these names, and the types of their columns. `common` asks for common values.
///
/// # Errors
/// All names of no table; what the server reports.
pub fn read(
    client: &mut Client,
    names: &[(Option<String>, String)],
    common: bool,
) -> Result<(Vec<Table>, Types)> {
    let tables = Table::read(client, names, common)?;
    let columns = tables.iter().flat_map(|table| &table.columns);
    let types: Vec<u32> = columns.map(|column| column.type_oid).collect();
    let types = Types::read(client, &types)?;
    Ok((tables, types))
}
