//! Which form a value of a row has.

use super::forms::Forms;
use super::jsonb::jsonb_holds;
use super::numbers;
use crate::copy::encode::types::timestamp;
use crate::copy::values::json::Json;

/// The form of a value; empty for NULL.
pub fn form_of(value: Json<'_>) -> Forms {
    match value {
        Json::Null => Forms::default(),
        Json::Bool(_) => Forms::BOOLEAN,
        Json::Number(text) => numbers::form(text.as_bytes()).unwrap_or(Forms::TEXT),
        Json::Compound(text) if jsonb_holds(text) => Forms::JSON,
        Json::Compound(_) => Forms::TEXT,
        // No column holds a NUL, so the row is a reject whatever the type.
        Json::String(text) if text.contains('\0') => Forms::default(),
        Json::String(text) => of_string(text),
    }
}

/// The form of the id of a row. Ids of one form, in a type that holds it, are equal only if their texts are; all others are
/// texts. (`1` and `1.0` are the same number, and two rows.)
pub fn form_of_id(id: &str) -> Forms {
    let (form, text) = (form_of(Json::String(id)), id.as_bytes());
    let is_exact = match form {
        Forms::INTEGER | Forms::BIGINT | Forms::DATE => true,
        Forms::BOOLEAN => matches!(text, b"true" | b"false"),
        Forms::TIMESTAMP => is_as_written(text, MIDNIGHT),
        Forms::TIMESTAMPTZ => text.strip_suffix(b"+00").is_some_and(|moment| is_as_written(moment, b"")),
        // Integers have no point; decimals end in no zero.
        _ => {
            form.are_among(Forms::held_by("numeric").unwrap_or_default())
                && !(text.contains(&b'.') && text.ends_with(b"0"))
        }
    };
    if is_exact { form } else { Forms::TEXT }
}

/// A day is this moment, too.
const MIDNIGHT: &[u8] = b" 00:00:00";

/// Whether a moment without its zone stands as PostgreSQL writes it, and does not end with `not`.
fn is_as_written(moment: &[u8], not: &[u8]) -> bool {
    const SECONDS: usize = "2020-05-19 05:20:32".len();
    moment.get(10) == Some(&b' ')
        && (moment.len() == SECONDS || (moment.get(SECONDS) == Some(&b'.') && !moment.ends_with(b"0")))
        && (not.is_empty() || !moment.ends_with(not))
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

/// The form of a text that begins with a year and a hyphen.
fn of_moment(text: &[u8]) -> Forms {
    /// PostgreSQL keeps so many digits of a second.
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
            forms |= form_of(*value);
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
    fn ids_of_one_type_are_equal_only_if_their_texts_are() {
        for (ids, name) in [
            (&["1", "-2", "3000000000", "123456789012345678901234567890"][..], "numeric"),
            (&["1", "1.5", "-0.25"], "numeric"),
            (&["1", "1.0"], "text"),
            (&["1", "01"], "text"),
            (&["1.50"], "text"),
            (&["1e3"], "text"),
            (&["true", "false"], "boolean"),
            (&["true", "True"], "text"),
            (&["2020-05-19", "2020-05-20"], "date"),
            (&["2020-05-19", "2020-05-19 05:20:32.212"], "timestamp without time zone"),
            (&["2020-05-19", "2020-05-19 00:00:00"], "text"),
            (&["2020-05-19T05:20:32"], "text"),
            (&["2020-05-19 05:20"], "text"),
            (&["2020-05-19 05:20:32.10"], "text"),
            (&["2020-05-19 05:20:32+00"], "timestamp with time zone"),
            (&["2020-05-19 05:20:32Z"], "text"),
            (&["2020-05-19 07:20:32+02"], "text"),
            (&["{}"], "text"),
            (&["x", ""], "text"),
        ] {
            let mut forms = Forms::default();
            ids.iter().for_each(|id| forms |= form_of_id(id));
            assert_eq!(forms.type_name(), name, "{ids:?}");
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
}
