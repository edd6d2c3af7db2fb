//! Filters: which rows a list has. Names come from the catalog, values and the keys of JSON documents become parameters.

mod condition;
mod group;
mod operand;
mod operator;
mod quoted;

pub use operator::{COMPARISONS, PATTERNS};

use super::address::Pair;
use crate::serve::answer::problem::Problem;
use crate::serve::database::statement::Statement;
use crate::serve::tables::table::Relation;
use condition::condition;

/// The conditions of these parameters; all of them must hold.
///
/// # Errors
/// A parameter that names no column or operator, or whose value cannot be understood.
pub fn conditions(
    statement: &mut Statement,
    relation: &Relation,
    pairs: &[Pair],
) -> Result<Vec<String>, Problem> {
    let mut left = group::MOST_CONDITIONS;
    pairs
        .iter()
        .map(|pair| match group::Group::named(&pair.name) {
            Some(kind) => group::condition_of(statement, relation, kind, &pair.value, &mut left),
            None => condition(statement, relation, &pair.name, &pair.value),
        })
        .collect()
}
