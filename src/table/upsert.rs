//! What `INSERT … ON CONFLICT DO UPDATE` says of a column of the table `t`.

use crate::pg::ident::quote;

/// Types without an equality of their own, or with one that is true of different values (PostgreSQL documentation,
/// "Geometric Functions and Operators"): their texts are compared.
const COMPARED_AS_TEXT: [&str; 10] =
    ["json", "xml", "point", "box", "circle", "line", "lseg", "path", "polygon", "tsquery"];

/// Sets the column to what the new row has.
pub fn assignment(column: &str) -> String {
    format!("{0} = excluded.{0}", quote(column))
}

/// Whether the new row has another value in a column of this type.
pub fn difference(column: &str, type_name: &str) -> String {
    let cast = if COMPARED_AS_TEXT.contains(&type_name.trim_end_matches("[]")) { "::text" } else { "" };
    format!("t.{0}{cast} IS DISTINCT FROM excluded.{0}{cast}", quote(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_equality_is_compared_as_text() {
        assert_eq!(difference("a b", "integer"), "t.\"a b\" IS DISTINCT FROM excluded.\"a b\"");
        for type_name in ["json", "json[]"] {
            assert_eq!(difference("a", type_name), "t.\"a\"::text IS DISTINCT FROM excluded.\"a\"::text");
        }
    }
}
