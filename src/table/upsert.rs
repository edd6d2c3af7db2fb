//! The clauses of `INSERT … ON CONFLICT DO UPDATE` for a column of the table `t`.

use crate::pg::ident::quote;

/// Types without an equality, or with one that holds for different values (PostgreSQL documentation, "Geometric Functions and
/// Operators"). Their texts are compared.
const COMPARED_AS_TEXT: [&str; 10] =
    ["json", "xml", "point", "box", "circle", "line", "lseg", "path", "polygon", "tsquery"];

/// The clause that sets the column to the new row's value.
pub fn assignment(column: &str) -> String {
    format!("{0} = excluded.{0}", quote(column))
}

/// The condition that the new row has another value in a column of this type, as the server spells it.
pub fn difference(column: &str, type_name: &str) -> String {
    // The operators of a type that has a schema are not on our search path. Records compare by the operator classes of their
    // columns' types (PostgreSQL documentation, "Composite Type Comparison").
    if type_name.contains('.') {
        return format!("NOT record_eq(ROW(t.{0}), ROW(excluded.{0}))", quote(column));
    }
    let cast = if COMPARED_AS_TEXT.contains(&type_name.trim_end_matches("[]")) { "::text" } else { "" };
    format!("t.{0}{cast} IS DISTINCT FROM excluded.{0}{cast}", quote(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_without_equality_are_compared_as_text() {
        assert_eq!(difference("a b", "integer"), "t.\"a b\" IS DISTINCT FROM excluded.\"a b\"");
        assert_eq!(difference("a", "ext.citext"), "NOT record_eq(ROW(t.\"a\"), ROW(excluded.\"a\"))");
        for type_name in ["json", "json[]"] {
            assert_eq!(difference("a", type_name), "t.\"a\"::text IS DISTINCT FROM excluded.\"a\"::text");
        }
    }
}
