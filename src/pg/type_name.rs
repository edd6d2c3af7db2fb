//! Names of types.

use super::{path, trust};
use crate::{Error, Result};
use postgres::Client;
use std::collections::HashMap;
use std::fmt;

/// The name of a PostgreSQL type, such as `numeric(10,2)` or `timestamp with time zone`. It is safe to put into SQL: it
/// consists of words, a list of numbers in parentheses, and array brackets. Whether the type exists, the server says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName(String);

impl TypeName {
    /// Checks the form.
    ///
    /// # Errors
    /// A text that is not of that form.
    pub fn parse(text: &str) -> Result<TypeName> {
        let text = text.trim();
        let starts_with_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if starts_with_word && has_form(text) {
            Ok(TypeName(text.to_owned()))
        } else {
            Err(Error::refused(format!("{text:?} is not the name of a type"))
                .remedy("write it as PostgreSQL does, for example text or numeric(10,2)"))
        }
    }

    /// The type `text`, which every value fits.
    pub fn text() -> TypeName {
        TypeName("text".to_owned())
    }

    /// A name that the server itself gave.
    pub fn from_server(name: String) -> TypeName {
        TypeName(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Spells types as the server does (`format_type`), which makes them comparable. Remembers the answers.
#[derive(Debug, Default)]
pub struct TypeNames {
    known: HashMap<TypeName, TypeName>,
}

impl TypeNames {
    /// The server's spelling of `name`: `varchar(5)` → `character varying(5)`.
    ///
    /// # Errors
    /// A type that the server does not know, that no column can have, or that belongs to a role that is not trusted.
    pub fn canonical(&mut self, client: &mut Client, name: &TypeName) -> Result<TypeName> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let refused = |what: String| {
            Error::refused(what).remedy(format!("choose a type that this database has, instead of {name}"))
        };
        // A type of PostgreSQL's own is never another one of that name.
        let resolved =
            resolve(client, name).or_else(|_| path::with_users(client, |client| resolve(client, name)));
        let (oid, below, modifier) = resolved.map_err(|error| refused(error.to_string()))?;
        trust::check_type(client, oid)?;
        let sql = "SELECT format_type(oid, CASE WHEN oid = $2 THEN $3::int4 END) FROM pg_type \
                   WHERE oid = $1 AND typtype <> 'p'";
        let found = client.query_opt(sql, &[&oid, &below, &modifier]);
        match found.map_err(|error| refused(Error::from(error).to_string()))? {
            Some(row) => {
                let canonical = TypeName(row.get(0));
                self.known.insert(name.clone(), canonical.clone());
                Ok(canonical)
            }
            None => Err(refused("no column can have this type".to_owned())),
        }
    }
}

/// The type of this name by the session's search path; the type of its values, below its domains; the modifier of the name.
fn resolve(client: &mut Client, name: &TypeName) -> Result<(Option<u32>, u32, i32)> {
    // The server resolves name and parameters of a cast together. The cast is described and not executed, since a domain may
    // refuse NULL. For a domain the description has the type below.
    let described = client.prepare(&format!("SELECT CAST(NULL AS {name})"))?;
    let below = described.columns().first().map(|column| (column.type_().oid(), column.type_modifier()));
    let (below, modifier) = below.unwrap_or_default();
    let oid = client.query_one("SELECT pg_catalog.to_regtype($1)::pg_catalog.oid", &[&name.as_str()])?.get(0);
    Ok((oid, below, modifier))
}

fn has_form(text: &str) -> bool {
    let mut inside_parentheses = false;
    let mut inside_brackets = false;
    for c in text.chars() {
        let allowed = match c {
            '(' if !inside_parentheses && !inside_brackets => {
                inside_parentheses = true;
                true
            }
            ')' if inside_parentheses => {
                inside_parentheses = false;
                true
            }
            '[' if !inside_parentheses && !inside_brackets => {
                inside_brackets = true;
                true
            }
            ']' if inside_brackets => {
                inside_brackets = false;
                true
            }
            '0'..='9' => true,
            ' ' => !inside_brackets,
            ',' => inside_parentheses,
            'a'..='z' | 'A'..='Z' | '_' | '.' => !inside_parentheses && !inside_brackets,
            _ => false,
        };
        if !allowed {
            return false;
        }
    }
    !inside_parentheses && !inside_brackets
}

/// `timestamp(3) without time zone` as `timestamp without time zone` and `3`.
pub fn without_modifier(type_name: &str) -> (String, Option<&str>) {
    let split = type_name.split_once('(').and_then(|(name, rest)| Some((name, rest.split_once(')')?)));
    match split {
        Some((name, (modifier, rest))) => (format!("{name}{rest}"), Some(modifier)),
        None => (type_name.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_pass_and_sql_does_not() {
        for good in ["text", "numeric(10, 2)", "timestamp(3) with time zone", "int[]", "stats.mood", "_text"]
        {
            assert!(TypeName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "text; drop table x",
            "text)",
            "int, b int",
            "int default 'x'",
            "(5)",
            "a(b)",
            "int[",
            "\"x\"",
        ] {
            assert!(TypeName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn modifiers_are_taken_out_of_the_name() {
        assert_eq!(
            without_modifier("timestamp(3) without time zone"),
            ("timestamp without time zone".into(), Some("3"))
        );
        assert_eq!(without_modifier("numeric(10,2)"), ("numeric".into(), Some("10,2")));
        assert_eq!(without_modifier("text"), ("text".into(), None));
    }
}
