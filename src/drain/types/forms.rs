//! The forms that the values of a column were seen in, and the type that holds all of them without loss.
//!
//! A form is a bit, and what a column was seen in is a set of bits. So it makes no difference in which order values come, or
//! by which thread.

use super::jsonb::jsonb_holds;
use super::numbers;
use crate::copy::encode::types::timestamp;
use crate::copy::values::json::Json;
use std::ops::BitOrAssign;

/// A set of forms; empty where there was nothing but NULL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forms(u16);

impl Forms {
    /// A whole number within 32 bits, written as PostgreSQL writes it.
    pub const INTEGER: Forms = Forms(1);
    /// One within 64 bits.
    pub const BIGINT: Forms = Forms(1 << 1);
    /// A number with decimals, or a larger one.
    pub const NUMERIC: Forms = Forms(1 << 2);
    /// A number with more digits than a double keeps.
    pub const LONG: Forms = Forms(1 << 3);
    /// A number with an exponent, which a double holds.
    pub const DOUBLE: Forms = Forms(1 << 4);
    /// `true` or `false`.
    pub const BOOLEAN: Forms = Forms(1 << 5);
    /// `2020-05-19`.
    pub const DATE: Forms = Forms(1 << 6);
    /// `2020-05-19 05:20:32.212`, with a blank or a T.
    pub const TIMESTAMP: Forms = Forms(1 << 7);
    /// The same with a zone.
    pub const TIMESTAMPTZ: Forms = Forms(1 << 8);
    /// A JSON object or list that `jsonb` holds, as a value of its own or as a string; a list only as a value of its own.
    pub const JSON: Forms = Forms(1 << 9);
    /// Anything else.
    pub const TEXT: Forms = Forms(1 << 10);

    /// The form of a value.
    pub fn of(value: Json<'_>) -> Forms {
        match value {
            Json::Null => Forms::default(),
            Json::Bool(_) => Forms::BOOLEAN,
            Json::Number(text) => numbers::form(text.as_bytes()).unwrap_or(Forms::TEXT),
            Json::Compound(text) if jsonb_holds(text) => Forms::JSON,
            Json::Compound(_) => Forms::TEXT,
            // No column can have it.
            Json::String(text) if text.contains('\0') => Forms::default(),
            Json::String(text) => of_string(text),
        }
    }

    /// The forms that a type was chosen for; nothing if it is no type that is chosen here.
    pub fn of_type(type_name: &str) -> Option<Forms> {
        Some(match type_name {
            "integer" => Forms::INTEGER,
            "bigint" => Forms::BIGINT,
            "numeric" => Forms::NUMERIC,
            "double precision" => Forms::DOUBLE,
            "boolean" => Forms::BOOLEAN,
            "date" => Forms::DATE,
            "timestamp without time zone" => Forms::TIMESTAMP,
            "timestamp with time zone" => Forms::TIMESTAMPTZ,
            "jsonb" => Forms::JSON,
            "text" => Forms::TEXT,
            _ => return None,
        })
    }

    /// Whether all of these are among those.
    fn is_of(self, those: &[Forms]) -> bool {
        let all = those.iter().fold(0, |all, form| all | form.0);
        self.0 & !all == 0
    }

    /// The narrowest type that holds all of these, as `format_type` spells it.
    pub fn type_name(self) -> &'static str {
        let types: [(&str, &[Forms]); 9] = [
            ("boolean", &[Forms::BOOLEAN]),
            ("integer", &[Forms::INTEGER]),
            ("bigint", &[Forms::INTEGER, Forms::BIGINT, Forms::LONG]),
            ("numeric", &[Forms::INTEGER, Forms::BIGINT, Forms::NUMERIC, Forms::LONG]),
            ("double precision", &[Forms::INTEGER, Forms::BIGINT, Forms::NUMERIC, Forms::DOUBLE]),
            ("date", &[Forms::DATE]),
            ("timestamp without time zone", &[Forms::DATE, Forms::TIMESTAMP]),
            ("timestamp with time zone", &[Forms::TIMESTAMPTZ]),
            ("jsonb", &[Forms::JSON]),
        ];
        let fits = types.iter().find(|(_, forms)| self != Forms::default() && self.is_of(forms));
        fits.map_or("text", |(name, _)| name)
    }
}

impl BitOrAssign for Forms {
    fn bitor_assign(&mut self, other: Forms) {
        self.0 |= other.0;
    }
}

fn of_string(text: &str) -> Forms {
    match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] => of_moment(text.as_bytes()),
        [b'-' | b'0'..=b'9', ..] => numbers::form(text.as_bytes()).unwrap_or(Forms::TEXT),
        b"true" | b"false" | b"True" | b"False" => Forms::BOOLEAN,
        _ if text.trim_start().starts_with('{') && jsonb_holds(text) => Forms::JSON,
        _ => Forms::TEXT,
    }
}

/// Of what begins with a year and a hyphen.
fn of_moment(text: &[u8]) -> Forms {
    /// Behind these digits of a second, PostgreSQL keeps nothing.
    const MOST_DECIMALS: usize = 6;
    const DAY: usize = "2020-05-19".len();
    let Some(moment) = timestamp::parse(text) else { return Forms::TEXT };
    let decimals = text
        .iter()
        .position(|byte| *byte == b'.')
        .map_or(0, |point| text[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count());
    match (text.len(), moment.has_zone()) {
        (DAY, _) => Forms::DATE,
        _ if decimals > MOST_DECIMALS || text.ends_with(b"M") || text.ends_with(b"m") => Forms::TEXT,
        (_, true) => Forms::TIMESTAMPTZ,
        (_, false) => Forms::TIMESTAMP,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(values: &[Json<'_>]) -> &'static str {
        let mut forms = Forms::default();
        for value in values {
            forms |= Forms::of(*value);
        }
        forms.type_name()
    }

    fn of_strings(texts: &[&str]) -> &'static str {
        chosen(&texts.iter().map(|text| Json::String(text)).collect::<Vec<_>>())
    }

    #[test]
    fn numbers_widen_step_by_step() {
        for (texts, name) in [
            (&["1", "-2147483648"][..], "integer"),
            (&["1", "2147483648"], "bigint"),
            (&["9223372036854775807"], "bigint"),
            (&["9223372036854775808"], "numeric"),
            (&["1", "1.50"], "numeric"),
            (&["1.5", "2e3"], "double precision"),
            (&["123456789012345678", "2e3"], "text"),
            (&["1", "x"], "text"),
            (&["007"], "text"),
            (&["+1"], "text"),
            (&["1."], "text"),
            (&["-0"], "text"),
            (&["1e400"], "text"),
            (&[""], "text"),
            (&["-"], "text"),
        ] {
            assert_eq!(of_strings(texts), name, "{texts:?}");
            let numbers: Vec<Json<'_>> = texts.iter().map(|text| Json::Number(text)).collect();
            assert_eq!(chosen(&numbers), name, "{texts:?}");
        }
    }

    #[test]
    fn moments_of_one_kind_keep_their_type() {
        for (texts, name) in [
            (&["2020-05-19"][..], "date"),
            (&["2020-05-19", "2020-05-19 05:20:32.212"], "timestamp without time zone"),
            (&["2020-05-19T05:20", "2020-05-19 05:20:32.123456"], "timestamp without time zone"),
            (&["2020-05-19T05:20:00Z", "2020-05-19 05:20:32+02"], "timestamp with time zone"),
            (&["2020-05-19T05:20:00Z", "2020-05-19 05:20:32"], "text"),
            (&["2020-05-19T05:20:00Z", "2020-05-19"], "text"),
            (&["2020-05-19 05:20:32.1234567"], "text"),
            (&["2020-05-19 05:20 PM"], "text"),
            (&["2020-02-30"], "text"),
            (&["20200519"], "integer"),
            (&["2020-05-19", "1"], "text"),
        ] {
            assert_eq!(of_strings(texts), name, "{texts:?}");
        }
    }

    #[test]
    fn json_only_where_jsonb_holds_all_of_it() {
        for (texts, name) in [
            (&["{}", " {\"a\": [1, \"\\u00e9\", 1e5]}"][..], "jsonb"),
            (&["{}", "[]"], "text"),
            (&["{}", "x"], "text"),
            (&["{\"a\": 1"], "text"),
            (&["{\"a\": \"\\u0000\"}"], "text"),
            (&["{\"a\": \"\\ud800\"}"], "text"),
            (&["{\"a\": 1e400000}"], "text"),
            (&["{\"a\": \"1e400000 \\u00e9\"}"], "jsonb"),
        ] {
            assert_eq!(of_strings(texts), name, "{texts:?}");
        }
        assert_eq!(chosen(&[Json::Compound("[1]"), Json::Compound("{}"), Json::String("{}")]), "jsonb");
        assert_eq!(chosen(&[Json::Compound("[\"\\u0000\"]")]), "text");
    }

    #[test]
    fn booleans_null_and_mixtures() {
        assert_eq!(chosen(&[Json::Bool(true), Json::String("False"), Json::Null]), "boolean");
        assert_eq!(chosen(&[Json::Bool(true), Json::Number("1")]), "text");
        assert_eq!(chosen(&[Json::Null]), "text");
        assert_eq!(chosen(&[Json::Null, Json::Number("1")]), "integer");
    }

    #[test]
    fn a_type_is_chosen_for_its_own_forms() {
        for name in ["integer", "bigint", "numeric", "double precision", "boolean", "date", "jsonb", "text"] {
            assert_eq!(Forms::of_type(name).unwrap().type_name(), name);
        }
        for name in ["timestamp without time zone", "timestamp with time zone"] {
            assert_eq!(Forms::of_type(name).unwrap().type_name(), name);
        }
        assert_eq!(Forms::of_type("uuid"), None);
    }
}
