//! The types of columns with one value: those that the other versions have.

use crate::ingest::catalogue::names::position;
use crate::ingest::catalogue::scan::{ScannedColumn, ScannedTable};

/// Gives each column that a rule says the value of the type that it has in the first version whose data file has it; else it stays a
/// text.
pub fn take(catalogue: &mut [ScannedTable]) {
    for index in 0..catalogue.len() {
        for constant in 0..catalogue[index].constants.len() {
            let name = catalogue[index].constants[constant].name.clone();
            let Some(other) = of_others(catalogue, &catalogue[index].source.table, &name) else { continue };
            if let Some(own) = catalogue[index].columns.iter_mut().find(|column| column.name == name) {
                (own.type_name, own.source_type) = (other.type_name, other.source_type);
                own.by_own_name = other.by_own_name;
            }
        }
    }
}

/// The column of this name in the data file of any version of a table.
fn of_others(catalogue: &[ScannedTable], table: &str, name: &str) -> Option<ScannedColumn> {
    catalogue.iter().filter(|scanned| scanned.source.table == table).find_map(|scanned| {
        let of_data: Vec<&ScannedColumn> = scanned.columns.iter().filter(|column| column.in_data).collect();
        let place = position(of_data.iter().map(|column| column.name.as_str()), name)?;
        Some(of_data[place].clone())
    })
}
