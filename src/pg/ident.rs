//! Names of tables and columns. They are always quoted in SQL, so a name from a file is data and never SQL.

use std::fmt;

/// The longest identifier in bytes. PostgreSQL cuts off what is longer, without an error (PostgreSQL documentation,
/// "Identifiers and Key Words"; `NAMEDATALEN` is 64 with its closing zero).
pub const MAX_IDENT_BYTES: usize = 63;

/// A name as a quoted identifier.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as a string literal; `standard_conforming_strings` is on in every session.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Why `name` cannot be the name of a table; `None` if it can.
pub fn refusal(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("an empty name".to_owned())
    } else if name.len() > MAX_IDENT_BYTES {
        Some(format!("a name of {} bytes; PostgreSQL allows {MAX_IDENT_BYTES}", name.len()))
    } else if name.chars().any(char::is_control) {
        // PostgreSQL allows no NUL. The others would end lines and command terminals wherever the name is shown.
        Some("a name with a control character".to_owned())
    } else {
        None
    }
}

/// The columns that every table has already (PostgreSQL documentation, "System Columns").
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// Why `name` cannot be the name of a column; `None` if it can.
pub fn column_refusal(name: &str) -> Option<String> {
    if SYSTEM_COLUMNS.contains(&name) {
        return Some(format!("the name {name}, which is one of PostgreSQL's own columns in every table"));
    }
    refusal(name)
}

/// A table in its schema. `Display` writes it quoted, as SQL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Qualified {
    schema: String,
    name: String,
}

impl Qualified {
    /// Table `name` in `schema`.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Qualified { schema: schema.into(), name: name.into() }
    }

    /// The schema, unquoted.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The table's name, unquoted and without its schema.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Qualified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote(&self.schema), quote(&self.name))
    }
}

/// Reads `table` or `schema.table` and gives the schema and the name. A part in double quotes may hold dots, and a doubled
/// quote. Capitals are kept. `None` for anything else, and for names that no table can have.
pub fn parse_name(text: &str) -> Option<(Option<String>, String)> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let part = parts.last_mut()?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                part.push('"');
            }
            '"' if quoted => {
                quoted = false;
                if chars.peek().is_some_and(|next| *next != '.') {
                    return None;
                }
            }
            '"' if part.is_empty() => quoted = true,
            '.' if !quoted => parts.push(String::new()),
            _ => part.push(c),
        }
    }
    if quoted || parts.iter().any(|part| refusal(part).is_some()) {
        return None;
    }
    let name = parts.pop()?;
    let schema = parts.pop();
    parts.is_empty().then_some((schema, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_quoted_and_keep_their_capitals() {
        let parsed = |text: &str| parse_name(text).map(|(schema, name)| (schema.unwrap_or_default(), name));
        let name = |schema: &str, name: &str| Some((schema.to_owned(), name.to_owned()));
        assert_eq!(parsed("Users"), name("", "Users"));
        assert_eq!(parsed("s.t"), name("s", "t"));
        assert_eq!(parsed("\"a.b\".\"c\"\"d\""), name("a.b", "c\"d"));
        for text in ["", ".", "a.", ".a", "a.b.c", "\"a", "\"a\"b", "a.\"\""] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn quotes_inside_names_are_doubled() {
        assert_eq!(quote("a\"b"), "\"a\"\"b\"");
        assert_eq!(Qualified::new("public", "select").to_string(), "\"public\".\"select\"");
        assert_eq!(literal("it's"), "'it''s'");
    }

    #[test]
    fn long_names_are_refused_not_cut() {
        assert_eq!(refusal(&"x".repeat(63)), None);
        assert!(refusal(&"ä".repeat(32)).unwrap().contains("64 bytes"));
        assert!(refusal("").is_some());
        assert!(
            refusal("xmin").is_none() && column_refusal("xmin").is_some() && column_refusal("XMIN").is_none()
        );
    }
}
