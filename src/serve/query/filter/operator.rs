//! What stands behind the name of a column, as `gte` in `age.gte`.

/// Comparisons, as they are written behind a column's name.
pub const COMPARISONS: [(&str, &str); 6] =
    [("eq", "="), ("ne", "<>"), ("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")];
/// Comparisons with a pattern.
pub const PATTERNS: [(&str, &str); 2] = [("like", "~~"), ("ilike", "~~*")];
/// What a column is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// By a comparison of its type.
    Compare(&'static str),
    /// By a pattern.
    Match(&'static str),
    /// With several values.
    In,
    /// With NULL.
    Null,
}

impl Operator {
    /// The operator of this name.
    pub fn of(name: &str) -> Option<Operator> {
        let find = |list: &'static [(&str, &'static str)]| {
            list.iter().find(|(known, _)| *known == name).map(|(_, sql)| *sql)
        };
        match name {
            "in" => Some(Operator::In),
            "null" => Some(Operator::Null),
            _ => find(&COMPARISONS).map(Operator::Compare).or_else(|| find(&PATTERNS).map(Operator::Match)),
        }
    }
}
