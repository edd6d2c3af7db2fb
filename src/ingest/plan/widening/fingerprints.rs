//! Version tables that a widening changes and that need not be loaded again: their fingerprints get the mother's new types.

use crate::ingest::catalogue::names::match_names;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::plan::mothers::Mother;
use crate::ingest::plan::state::State;
use crate::ingest::plan::widening::column::WidenedColumn;
use crate::ingest::types::common_type::{holds, is_exact};
use crate::pg::type_name::TypeNames;
use postgres::Client;
use serde_json::{Value, json};

/// Those of the version tables `versions` whose rows are, after the widening, what a load would make of them, with their old and new fingerprints.
/// They are not where the mother did not hold all of the version's type before, as rows may have been rejected, and where its
/// type forgot how values were written. These are loaded again when their dumps are at hand.
pub fn of(
    versions: &[&str],
    columns: &[WidenedColumn],
    mother: &Mother,
    catalogue: &[ScannedTable],
    state: &State,
    client: &mut Client,
    types: &mut TypeNames,
) -> Vec<(String, [Value; 2])> {
    let mut fingerprints = Vec::new();
    for table in versions {
        let Some(entry) = state.ledger.get(*table) else { continue };
        let version = catalogue.iter().find(|scanned| scanned.child == *table);
        if are_rows_current(columns, mother, version, client, types) {
            let before = entry.fingerprint.clone();
            let after = widened(columns, before.clone());
            fingerprints.push(((*table).to_owned(), [before, after]));
        }
    }
    fingerprints
}

fn are_rows_current(
    columns: &[WidenedColumn],
    mother: &Mother,
    version: Option<&ScannedTable>,
    client: &mut Client,
    types: &mut TypeNames,
) -> bool {
    let Some(version) = version else {
        return columns.iter().all(|column| is_exact(&column.from, &column.to.type_name));
    };
    let names: Vec<&str> = mother.columns.iter().map(|column| column.name.as_str()).collect();
    let own: Vec<&str> = version.columns.iter().map(|column| column.name.as_str()).collect();
    version.columns.iter().zip(match_names(&own, &names)).all(|(own, place)| {
        let name = place.map(|place| names[place]);
        let Some(column) = columns.iter().find(|column| Some(column.to.name.as_str()) == name) else {
            return true;
        };
        let held = types.canonical(client, &own.type_name).is_ok_and(|own| holds(&column.from, &own));
        held && is_exact(&column.from, &column.to.type_name)
    })
}

/// The fingerprint with the new types where it has the old ones.
fn widened(columns: &[WidenedColumn], mut fingerprint: Value) -> Value {
    for pair in fingerprint.get_mut("mother").and_then(Value::as_array_mut).into_iter().flatten() {
        for column in columns {
            if *pair == json!([column.to.name, column.from.as_str()]) {
                *pair = json!([column.to.name, column.to.type_name.as_str()]);
                break;
            }
        }
    }
    fingerprint
}
