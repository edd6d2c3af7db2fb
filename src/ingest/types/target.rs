//! The PostgreSQL type that a map's entry gives for a source type with its numbers.

use crate::Result;
use crate::pg::type_name::TypeName;

/// The longest `varchar(n)` and `char(n)`, characters (PostgreSQL's `MaxAttrSize`). MySQL's `longtext` and SQL Server's
/// `nvarchar(max)` have larger numbers in their catalogs.
const LONGEST_VARCHAR: u32 = 10_485_760;
/// PostgreSQL's types of a length, as maps may write them.
const OF_A_LENGTH: [&str; 4] = ["varchar", "char", "character", "character varying"];

/// Names that PostgreSQL has for the same type (PostgreSQL documentation, "Data Types").
const SYNONYMS: [(&str, &str); 16] = [
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("bool", "boolean"),
    ("decimal", "numeric"),
    ("float", "double precision"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("char", "character"),
    ("varchar", "character varying"),
    ("timestamptz", "timestamp with time zone"),
    ("timetz", "time with time zone"),
    ("timestamp without time zone", "timestamp"),
    ("time without time zone", "time"),
    ("varbit", "bit varying"),
];

/// Puts numbers in the place of placeholders in the parentheses of a target type. A text of a length that PostgreSQL does
/// not have, 0 (MySQL) or more than its longest, is `text`.
///
/// # Errors
/// What is not the name of a type.
pub fn fill_in(target: &str, bound: &[(&str, &str)]) -> Result<TypeName> {
    let parts = target.split_once('(').and_then(|(before, rest)| {
        let (list, after) = rest.split_once(')')?;
        Some((before, list, after))
    });
    let Some((before, list, after)) = parts else { return TypeName::parse(target) };
    let filled: Vec<&str> = list
        .split(',')
        .map(str::trim)
        .map(|name| bound.iter().find(|(known, _)| *known == name).map_or(name, |(_, number)| number))
        .collect();
    let is_text = OF_A_LENGTH.contains(&before.trim().to_lowercase().as_str()) && after.trim().is_empty();
    if let ([length], true) = (filled.as_slice(), is_text)
        && length.parse::<u32>().is_ok_and(|length| !(1..=LONGEST_VARCHAR).contains(&length))
    {
        return Ok(TypeName::text());
    }
    TypeName::parse(&format!("{before}({}){after}", filled.join(",")))
}

/// Whether two names are of the same type, whatever stands in parentheses.
pub fn is_same(one: &str, other: &str) -> bool {
    words(one) == words(other)
}

/// The words of a PostgreSQL type, with the longer of two names that PostgreSQL has for the same.
pub fn words(name: &str) -> String {
    let mut words = String::new();
    let mut depth = 0;
    for c in name.to_lowercase().chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if depth == 0 => words.push(c),
            _ => {}
        }
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    SYNONYMS.iter().find(|(short, _)| *short == words).map_or(words, |(_, long)| (*long).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_place_of_letters() {
        let filled = |target: &str, bound: &[(&str, &str)]| fill_in(target, bound).unwrap().to_string();
        assert_eq!(filled("text", &[("n", "5")]), "text");
        assert_eq!(filled("numeric(p, s)", &[("p", "5"), ("s", "2")]), "numeric(5,2)");
        assert_eq!(filled("numeric(20)", &[("p", "5")]), "numeric(20)");
        assert_eq!(filled("timestamp(n) with time zone", &[("n", "3")]), "timestamp(3) with time zone");
        assert!(fill_in("numeric(p,x)", &[("p", "5")]).is_err());
    }

    #[test]
    fn a_length_that_postgresql_lacks_is_text() {
        for (length, expected) in
            [("1", "varchar(1)"), ("10485760", "varchar(10485760)"), ("10485761", "text"), ("0", "text")]
        {
            assert_eq!(fill_in("varchar(n)", &[("n", length)]).unwrap().to_string(), expected);
        }
        assert_eq!(fill_in("numeric(p)", &[("p", "0")]).unwrap().to_string(), "numeric(0)");
    }

    #[test]
    fn types_are_the_same_by_either_name_with_any_numbers() {
        assert!(is_same("varchar(5)", "character varying"));
        assert!(is_same("timestamp(3) without time zone", "TIMESTAMP"));
        assert!(is_same("numeric(5,2)", "decimal"));
        assert!(!is_same("timestamp", "timestamp with time zone"));
        assert!(!is_same("boolean", "smallint"));
    }
}
