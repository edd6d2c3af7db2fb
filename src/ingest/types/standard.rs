//! The types that every PostgreSQL has.

use super::target::words;
use crate::pg::type_name::TypeName;

/// Their names (PostgreSQL documentation, "Data Types"), without those that only some releases have.
const NAMES: [&str; 44] = [
    "bigint",
    "bit",
    "bit varying",
    "boolean",
    "box",
    "bpchar",
    "bytea",
    "character",
    "character varying",
    "cidr",
    "circle",
    "date",
    "daterange",
    "double precision",
    "inet",
    "int4range",
    "int8range",
    "integer",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "numeric",
    "numrange",
    "oid",
    "path",
    "point",
    "polygon",
    "real",
    "smallint",
    "text",
    "time",
    "time with time zone",
    "timestamp",
    "timestamp with time zone",
    "tsquery",
    "tsrange",
    "tsvector",
    "uuid",
    "xml",
];

/// Whether every PostgreSQL has a type of these words, or arrays of it.
pub fn is_standard(name: &TypeName) -> bool {
    let element = name.as_str().split('[').next().unwrap_or_default();
    // `_text` is another name of `text[]`.
    let words = words(element.strip_prefix('_').unwrap_or(element));
    NAMES.contains(&words.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_types_need_no_server() {
        for name in
            ["timestamptz", "int4", "_int4", "text[]", "timestamp(3) without time zone", "varchar(5)[3]"]
        {
            assert!(is_standard(&TypeName::parse(name).unwrap()), "{name}");
        }
        for name in ["citext", "mood", "public.mood", "integers"] {
            assert!(!is_standard(&TypeName::parse(name).unwrap()), "{name}");
        }
    }
}
