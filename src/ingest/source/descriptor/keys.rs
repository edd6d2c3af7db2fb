//! What the keys of a descriptor's entry mean. Case, `_` and blanks in them do not count: MySQL 8 answers `COLUMN_NAME`,
//! others write `columnName`.

/// What helps when a descriptor has another form.
pub const FORM: &str = "it must be a list of {\"column_name\": …, \"column_type\": …}";

/// Keys of one meaning, the first of which that has a text counts.
pub type Keys = &'static [&'static str];

/// Keys of a column's name: information_schema's, then those of JSON schemas,
/// of MySQL's `SHOW COLUMNS`, and of psql.
pub const NAMES: Keys = &["column_name", "name", "field", "column"];
/// Keys of its type: MySQL's full one, information_schema's, those of JSON schemas and `SHOW COLUMNS`, and of JDBC and ODBC,
/// whose `DATA_TYPE` is a number.
pub const TYPES: Keys = &["column_type", "data_type", "type", "type_name"];
/// Keys of the longest text, in characters: information_schema's, Oracle's, JDBC's, those of SQL Server's `sp_columns`
/// (whose `LENGTH` is in bytes, but which has `PRECISION`, too), and of people.
pub const LENGTHS: Keys = &["character_maximum_length", "char_length", "column_size", "precision", "length"];
/// Keys of the number of digits.
pub const PRECISIONS: Keys = &["numeric_precision", "data_precision", "column_size", "precision"];
/// Keys of the number of digits behind the point.
pub const SCALES: Keys = &["numeric_scale", "data_scale", "decimal_digits", "scale"];
/// Keys of the number of bits: those of MySQL's information_schema and of PostgreSQL's.
pub const BITS: Keys = &["numeric_precision", "character_maximum_length"];
/// The key of the number of digits of a second.
pub const FRACTIONS: Keys = &["datetime_precision"];
/// The key under which PostgreSQL's information_schema has what `data_type` calls `ARRAY` or `USER-DEFINED`.
pub const OWN_NAMES: Keys = &["udt_name"];

/// The key that is meant, if it is one of these.
pub fn known(key: &str) -> Option<&'static str> {
    let all = [NAMES, TYPES, LENGTHS, PRECISIONS, SCALES, FRACTIONS, OWN_NAMES];
    all.into_iter().flatten().copied().find(|known| is_same(key, known))
}

fn is_same(key: &str, known: &str) -> bool {
    let letters = |text: &'_ str| {
        let kept = text.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase);
        kept.collect::<String>()
    };
    letters(key) == letters(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_in_any_case() {
        for key in ["COLUMN_NAME", "column_name", "columnName", "Column Name", "column-name"] {
            assert_eq!(known(key), Some("column_name"), "{key}");
        }
        assert_eq!(known("Type"), Some("type"));
        for key in ["", "kind", "column_names", "TABLE_NAME", "is_nullable"] {
            assert_eq!(known(key), None, "{key}");
        }
    }
}
