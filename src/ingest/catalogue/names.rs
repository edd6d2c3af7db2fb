//! Which column of one version is which column of another, by their names.

/// Where `wanted` stands among `names`: the same spelling, or else the only one that differs in case alone.
/// Source databases compare names without case, and their exports differ in it.
pub fn position<'n>(names: impl Iterator<Item = &'n str> + Clone, wanted: &str) -> Option<usize> {
    if let Some(index) = names.clone().position(|name| name == wanted) {
        return Some(index);
    }
    let folded = wanted.to_lowercase();
    let mut similar = names.enumerate().filter(|(_, name)| name.to_lowercase() == folded);
    match (similar.next(), similar.next()) {
        (Some((index, _)), None) => Some(index),
        _ => None,
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_exactly_or_by_case_alone_where_that_is_clear() {
        let find = |names: &[&'static str], wanted| position(names.iter().copied(), wanted);
        assert_eq!(find(&["ID", "id"], "id"), Some(1));
        assert_eq!(find(&["UserId", "name"], "userid"), Some(0));
        assert_eq!(find(&["Id", "ID"], "id"), None);
        assert_eq!(find(&["a"], "b"), None);
    }
}
