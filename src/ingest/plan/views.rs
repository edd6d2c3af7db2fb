//! The union views of a run's mothers.

use super::mothers::Mother;
use super::state::State;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::Settings;
use crate::ingest::union::UnionView;
use crate::{Error, Result};

/// The views, in the order of the mothers.
///
/// # Errors
/// All at once: those that cannot be made, or not be kept current.
pub fn of_mothers(
    settings: &Settings,
    mothers: &[Mother],
    catalogue: &[ScannedTable],
    state: &State,
) -> Result<Vec<UnionView>> {
    let schema = &state.rights.schema;
    let tables: Vec<&str> = mothers
        .iter()
        .map(|mother| mother.name.as_str())
        .chain(catalogue.iter().map(|scanned| scanned.child.as_str()))
        .collect();
    let views: Vec<UnionView> = mothers.iter().map(|mother| mother.view(schema, settings)).collect();
    let check = |view: &UnionView| view.check(state.relations.get(view.name().name()), &tables).err();
    let faults: Vec<Error> = views.iter().filter_map(check).collect();
    if faults.is_empty() { Ok(views) } else { Err(Error::many(faults)) }
}
