//! A column's type, completed by what stands beside it: information_schema has `DATA_TYPE` without its numbers.

use super::entry::Entry;
use super::keys;
use crate::ingest::types::{Plain, Spelling};

/// Words of types with digits before and behind the point.
const OF_DIGITS: [&str; 5] = ["decimal", "numeric", "dec", "fixed", "number"];
/// First words of types of texts with a length.
const OF_A_LENGTH: [&str; 11] = [
    "char",
    "character",
    "varchar",
    "varcharacter",
    "nchar",
    "nvarchar",
    "national",
    "varchar2",
    "nvarchar2",
    "unichar",
    "univarchar",
];
/// First words of types with digits of a second.
const OF_A_FRACTION: [&str; 5] = ["time", "timestamp", "datetime", "datetime2", "datetimeoffset"];
/// What PostgreSQL's information_schema says where the type's name stands in `udt_name`.
const NAMED_ELSEWHERE: [&str; 2] = ["array", "user-defined"];
/// The most digits of a `numeric` (PostgreSQL documentation, "Arbitrary Precision Numbers").
const MOST_DIGITS: i64 = 1000;

/// A column's type.
#[derive(Debug, PartialEq, Eq)]
pub struct Completed {
    /// The type with its numbers.
    pub source_type: String,
    /// The type as it is written, where numbers were added.
    pub bare: Option<String>,
}

/// The type of an entry's column; none where it has none.
pub fn source_type(entry: &Entry) -> Option<Completed> {
    let written = written(entry)?;
    let completed = Plain::parse(written).and_then(|plain| complete(plain.spelling?, entry));
    Some(match completed {
        Some(source_type) => Completed { source_type, bare: Some(written.to_owned()) },
        None => Completed { source_type: written.to_owned(), bare: None },
    })
}

/// The type as it is written. Where several keys have one, the fuller one counts: `DATA_TYPE` is `int`, but `COLUMN_TYPE`
/// is `int(10) unsigned`. JDBC and ODBC have a code in `DATA_TYPE`.
fn written(entry: &Entry) -> Option<&str> {
    let is_name = |text: &&str| !text.trim().is_empty() && text.trim().parse::<f64>().is_err();
    let adds_to = |text: &str, other: &str| {
        let same = text.get(..other.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(other));
        same && text[other.len()..].starts_with(['(', ' '])
    };
    let texts = entry.texts(keys::TYPES).filter(is_name);
    let fullest = texts.reduce(|fullest, text| if adds_to(text, fullest) { text } else { fullest })?;
    let is_elsewhere = NAMED_ELSEWHERE.iter().any(|word| fullest.eq_ignore_ascii_case(word));
    let elsewhere = entry.text(keys::OWN_NAMES).filter(|_| is_elsewhere);
    Some(elsewhere.unwrap_or(fullest))
}

/// The type with the numbers that the entry has for it; none where it has its own, or takes none.
fn complete(spelling: Spelling, entry: &Entry) -> Option<String> {
    if spelling.parameters.is_some() {
        return None;
    }
    let words = spelling.words.trim_end_matches(" unsigned");
    let first = words.split(' ').next().unwrap_or(words);
    let parameters = if OF_DIGITS.contains(&words) {
        let digits = entry.number(keys::PRECISIONS).filter(|digits| (1..=MOST_DIGITS).contains(digits))?;
        let scale = entry.number(keys::SCALES).filter(|scale| (0..=digits).contains(scale))?;
        vec![digits.to_string(), scale.to_string()]
    } else if OF_A_LENGTH.contains(&first) {
        match entry.number(keys::LENGTHS)? {
            -1 => vec!["max".to_owned()],
            length if length > 0 => vec![length.to_string()],
            _ => return None,
        }
    } else if OF_A_FRACTION.contains(&first) {
        // A precision of 0 is what MySQL has for a plain `datetime`; of 7 digits PostgreSQL keeps 6 in any case.
        let digits = entry.number(keys::FRACTIONS).filter(|digits| (1..=6).contains(digits))?;
        vec![digits.to_string()]
    } else if words == "bit" {
        vec![entry.number(keys::BITS).filter(|length| *length > 0)?.to_string()]
    } else {
        return None;
    };
    Some(Spelling { parameters: Some(parameters), ..spelling }.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::super::entry::ReadEntry;
    use super::*;
    use crate::config::LimitsCfg;
    use crate::ingest::settings::limits::Limits;
    use serde::de::DeserializeSeed;

    /// The type of an entry with these keys.
    fn completed(keys: &str) -> String {
        let limits = Limits::resolve(&LimitsCfg::default()).unwrap();
        let mut json = serde_json::Deserializer::from_str(keys);
        source_type(&ReadEntry(&Budget::new(&limits)).deserialize(&mut json).unwrap()).unwrap().source_type
    }

    #[test]
    fn a_type_is_completed_by_what_stands_beside_it() {
        for (keys, expected) in [
            (r#""DATA_TYPE":"decimal","NUMERIC_PRECISION":12,"NUMERIC_SCALE":4"#, "decimal(12,4)"),
            (r#""data_type":"decimal","numeric_precision":"12","numeric_scale":"4""#, "decimal(12,4)"),
            (r#""data_type":"decimal","numeric_precision":12.0,"numeric_scale":4.0"#, "decimal(12,4)"),
            (r#""data_type":"decimal","numeric_precision":12"#, "decimal"),
            (r#""data_type":"decimal","numeric_precision":4,"numeric_scale":12"#, "decimal"),
            (r#""column_type":"decimal(5,2)","numeric_precision":12,"numeric_scale":4"#, "decimal(5,2)"),
            (
                r#""data_type":"decimal unsigned","numeric_precision":12,"numeric_scale":4"#,
                "decimal(12,4) unsigned",
            ),
            (r#""data_type":"int","numeric_precision":10,"numeric_scale":0"#, "int"),
            (r#""data_type":"float","numeric_precision":53"#, "float"),
            (r#""data_type":"nvarchar","character_maximum_length":200"#, "nvarchar(200)"),
            (r#""data_type":"nvarchar","character_maximum_length":-1"#, "nvarchar(max)"),
            (r#""data_type":"nvarchar","character_maximum_length":null"#, "nvarchar"),
            (r#""data_type":"character varying","character_maximum_length":20"#, "character varying(20)"),
            (r#""data_type":"text","character_maximum_length":65535"#, "text"),
            (r#""data_type":"datetime2","datetime_precision":3"#, "datetime2(3)"),
            (r#""data_type":"datetime2","datetime_precision":7"#, "datetime2"),
            (r#""data_type":"datetime","datetime_precision":0"#, "datetime"),
            (
                r#""data_type":"timestamp with time zone","datetime_precision":3"#,
                "timestamp(3) with time zone",
            ),
            (r#""data_type":"bit","numeric_precision":8"#, "bit(8)"),
            (r#""DATA_TYPE":"int","COLUMN_TYPE":"int(10) unsigned""#, "int(10) unsigned"),
            (r#""column_type":"varchar","data_type":"varchar(20)""#, "varchar(20)"),
            (r#""column_type":"time","data_type":"timestamp""#, "time"),
            (r#""DATA_TYPE":-9,"TYPE_NAME":"nvarchar","PRECISION":50,"LENGTH":100"#, "nvarchar(50)"),
            (
                r#""DATA_TYPE":2,"TYPE_NAME":"numeric() identity","COLUMN_SIZE":18,"DECIMAL_DIGITS":0"#,
                "numeric(18,0)",
            ),
            (
                r#""DATA_TYPE":"NUMBER","DATA_LENGTH":22,"DATA_PRECISION":10,"DATA_SCALE":2,"CHAR_LENGTH":0"#,
                "number(10,2)",
            ),
            (r#""DATA_TYPE":"VARCHAR2","DATA_LENGTH":800,"CHAR_LENGTH":200"#, "varchar2(200)"),
            (r#""data_type":"ARRAY","udt_name":"_int4""#, "_int4"),
            (r#""data_type":"USER-DEFINED","udt_name":"citext""#, "citext"),
            (r#""data_type":"integer","udt_name":"int4""#, "integer"),
        ] {
            assert_eq!(completed(&format!("{{{keys}}}")), expected, "{keys}");
        }
    }
}
