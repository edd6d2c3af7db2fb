//! Which column of one version is which column of another, by their names.

pub use crate::ingest::settings::names::position;

/// For each name of a data file's columns, its place among `names`; no two share one. Equal spelling comes first: a column that
/// differs in case alone cannot take another's place.
pub fn match_names(columns: &[&str], names: &[&str]) -> Vec<Option<usize>> {
    let mut matched: Vec<Option<usize>> =
        columns.iter().map(|column| names.iter().position(|name| name == column)).collect();
    for (index, column) in columns.iter().enumerate() {
        if matched[index].is_none() {
            matched[index] = position(names.iter().copied(), column)
                .filter(|candidate| !matched.contains(&Some(*candidate)));
        }
    }
    matched
}
