//! Which of several names is meant by one, as source databases compare them.

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
