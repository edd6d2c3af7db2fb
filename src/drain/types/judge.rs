//! Whether a column of an existing table holds a value without loss, by the rules by which types are inferred.
//!
//! PostgreSQL's input functions take more: `now` becomes another text each time, `007` becomes 7, a `date` drops the time.

use super::forms::Forms;
use super::numbers;
use super::value::{form_of, form_of_id};
use crate::copy::values::json::Json;
use crate::error::shortened;
use crate::pg::type_name::without_modifier;

/// So many characters of a value stand in a message.
const SHOWN: usize = 40;

/// A `real` keeps so many significant digits (`FLT_DIG`).
const REAL_DIGITS: usize = 6;

/// Judges the values of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judge {
    type_name: String,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Values of these forms.
    Values(Forms),
    /// Numbers with so few digits that a `real` keeps them.
    Reals,
    /// Ids of these forms.
    Ids(Forms),
    /// Ids as PostgreSQL writes a `uuid`.
    Uuids,
    /// Ids that do not end with a blank, which `char(n)` ignores.
    Unpadded,
    /// JSON objects and lists; a list only as a value of its own. The server checks the rest of it.
    Json,
}

impl Judge {
    /// For the values of a column of this type, as `format_type` spells it; none if it holds each text as it is, or refuses it.
    pub fn of_values(type_name: &str) -> Option<Judge> {
        let rule = match without_modifier(type_name).0.as_str() {
            "jsonb" => Rule::Json,
            "smallint" => Rule::Values(Forms::INTEGER),
            "real" => Rule::Reals,
            plain => Rule::Values(Forms::held_by(plain)?),
        };
        Some(Judge { type_name: type_name.to_owned(), rule })
    }

    /// As [`Judge::of_values`], for ids: two of them that the column holds are equal only if their texts are.
    pub fn of_ids(type_name: &str) -> Option<Judge> {
        let rule = match without_modifier(type_name).0.as_str() {
            "uuid" => Rule::Uuids,
            "character" => Rule::Unpadded,
            "smallint" => Rule::Ids(Forms::INTEGER),
            plain => Rule::Ids(Forms::held_by(plain)?),
        };
        Some(Judge { type_name: type_name.to_owned(), rule })
    }

    /// Whether the column holds a value without loss.
    pub fn holds(&self, value: Json<'_>) -> bool {
        match (self.rule, value) {
            (_, Json::Null) => true,
            (Rule::Values(held), value) => form_of(value).are_among(held),
            (Rule::Reals, value) => {
                form_of(value).are_among(Forms::held_by("double precision").unwrap_or_default())
                    && numbers::digits_of(text_of(value)) <= REAL_DIGITS
            }
            (Rule::Ids(held), Json::String(id)) => form_of_id(id).are_among(held),
            (Rule::Uuids, Json::String(id)) => is_uuid(id.as_bytes()),
            (Rule::Unpadded, Json::String(id)) => !id.ends_with(' '),
            (Rule::Json, Json::String(text)) => text.trim_start().starts_with('{'),
            (Rule::Json, value) => matches!(value, Json::Compound(_)),
            _ => false,
        }
    }

    /// What is wrong with a value that the column does not hold.
    pub fn refusal(&self, value: Json<'_>) -> String {
        format!("{} does not hold {:?} as it is written", self.type_name, shortened(text_of(value), SHOWN))
    }
}

fn text_of(value: Json<'_>) -> &str {
    match value {
        Json::Null => "null",
        Json::Bool(true) => "true",
        Json::Bool(false) => "false",
        Json::Number(text) | Json::String(text) | Json::Compound(text) => text,
    }
}

/// Whether a text is a `uuid` as PostgreSQL writes it.
fn is_uuid(text: &[u8]) -> bool {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match HYPHENS.contains(&at) {
            true => *byte == b'-',
            false => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(type_name: &str, text: &str) -> bool {
        Judge::of_values(type_name).unwrap().holds(Json::String(text))
    }

    #[test]
    fn what_the_server_would_change_is_not_held() {
        for (type_name, held, not) in [
            ("boolean", &["true", "False"][..], &["t", "yes", "1", "TRUE", "on"][..]),
            (
                "integer",
                &["0", "-7"],
                &["007", "+1", " 5", "5 ", "1e3", "1.0", "-0", "3000000000", "0x1F", "1_000"],
            ),
            ("smallint", &["7"], &["07"]),
            ("bigint", &["9223372036854775807"], &["1.5", "9223372036854775808"]),
            ("numeric", &["1.50", "123456789012345678.9"], &["1e3", "NaN", "infinity", "01.5", ".5", "5."]),
            ("numeric(10,2)", &["1.5"], &["1e3"]),
            ("double precision", &["1e3", "1.5", "7"], &["123456789012345678", "NaN", "-Infinity", " 1"]),
            ("real", &["1.5", "123456", "1e3"], &["0.1234567", "16777217", "NaN"]),
            (
                "date",
                &["2020-05-19"],
                &["now", "05/06/2020", "2020-05-19 23:00:00", "20200519", "infinity", "epoch"],
            ),
            (
                "timestamp without time zone",
                &["2020-05-19", "2020-05-19T05:20"],
                &["2020-05-19T05:20:32+02:00", "today", "2016-12-31 23:59:60", "2020-05-19 24:00:00"],
            ),
            ("timestamp(3) without time zone", &["2020-05-19 05:20:32.212"], &["now"]),
            ("timestamp with time zone", &["2020-05-19 05:20:32Z"], &["2020-05-19 05:20:32", "2020-05-19"]),
            ("jsonb", &[" {\"a\": 1}"], &["5", "\"x\"", "null", "[1]"]),
        ] {
            for text in held {
                assert!(holds(type_name, text), "{type_name} {text}");
            }
            for text in not {
                assert!(!holds(type_name, text), "{type_name} {text}");
            }
        }
        for type_name in ["text", "character varying(5)", "uuid", "citext"] {
            assert_eq!(Judge::of_values(type_name), None);
        }
    }

    #[test]
    fn ids_are_held_as_they_are_written() {
        let holds = |type_name: &str, id: &str| Judge::of_ids(type_name).unwrap().holds(Json::String(id));
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        assert!(holds("uuid", uuid) && !holds("uuid", &uuid.to_uppercase()) && !holds("uuid", &uuid[..35]));
        assert!(holds("character(5)", "a") && !holds("character(5)", "a "));
        assert!(holds("numeric", "1") && !holds("numeric", "1.0") && !holds("jsonb", "{}"));
        assert_eq!(Judge::of_ids("text"), None);
    }
}
