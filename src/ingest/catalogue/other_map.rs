//! Dumps that a pattern such as `'*'` takes from the built-in dialects, whose type map would make other types of their columns.

use super::scanned::ScannedTable;
use crate::ingest::settings::{DEFAULT_DIALECTS, Dialect, default_types};
use crate::ingest::types::{Resolved, TypeMap};

/// What to say of a dump whose types one built-in map reads, where without `xport_cfg.dialects` the other would, if that makes a
/// difference: SQL Server's `float` has 53 bits, and MySQL's has 24. A pattern that speaks of such dumps is meant so.
pub fn warning(dump_name: &str, dialect: &Dialect, tables: &[ScannedTable]) -> Option<String> {
    let usual = default_types(dump_name);
    let (special, _) =
        DEFAULT_DIALECTS.into_iter().find(|(pattern, types)| *types == usual && *pattern != "*")?;
    let word = special.trim_matches('*');
    let map = dialect.types.name();
    let is_built_in = DEFAULT_DIALECTS.iter().any(|(_, types)| *types == map);
    if map == usual || !is_built_in || dialect.pattern().to_lowercase().contains(word) {
        return None;
    }
    let other = TypeMap::built_in(usual, special)?.ok()?;
    let (table, column, wanted) = tables.iter().find_map(|table| {
        table.columns.iter().find_map(|column| match other.resolve(&column.source_type, None).ok()? {
            Resolved::Mapped(wanted) if wanted != column.type_name => Some((table, column, wanted)),
            _ => None,
        })
    })?;
    Some(format!(
        "{dump_name}: its types are read by {map}, since the pattern {:?} of xport_cfg.dialects takes it; without dialects \
         it would be {usual}, and column {} of {} ({}) {wanted} instead of {}; say {{match: '{special}', types: {usual}}} or \
         types: {map} before it",
        dialect.pattern(),
        column.name,
        table.source.table,
        column.source_type,
        column.type_name,
    ))
}
