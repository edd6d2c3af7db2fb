//! JSON values as the texts that PostgreSQL's input functions read.
//!
//! Numbers keep the digits that they are written with. The column's type decides what becomes of a value: `json` and `jsonb`
//! take every value as JSON, an array type takes a JSON array, all others take the plain text.

use serde_json::value::RawValue;
use std::io::Write;

/// A JSON value on its way into a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Json<'v> {
    /// `null`: SQL's NULL, in a column of JSON too.
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is written.
    Number(&'v str),
    /// The characters of a string, without quotes and escapes.
    String(&'v str),
    /// An array or an object, as it is written.
    Compound(&'v str),
}

/// What a column makes of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonForm {
    /// The plain text.
    Text,
    /// JSON.
    Json,
    /// An array of PostgreSQL; its elements are JSON or plain texts.
    Array {
        /// Whether elements are JSON, as in `json[]` and `jsonb[]`.
        json: bool,
    },
}

impl JsonForm {
    /// The form for a type, as the server spells it (`format_type`).
    pub fn of_type(type_name: &str) -> JsonForm {
        match type_name {
            "json" | "jsonb" => JsonForm::Json,
            "json[]" | "jsonb[]" => JsonForm::Array { json: true },
            array if array.ends_with("[]") => JsonForm::Array { json: false },
            _ => JsonForm::Text,
        }
    }
}

/// Appends the text of a value that is not NULL.
pub fn push_json(out: &mut Vec<u8>, value: Json<'_>, form: JsonForm) {
    match (form, value) {
        (_, Json::Null) => {}
        (_, Json::Bool(value)) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        (_, Json::Number(text)) => out.extend_from_slice(text.as_bytes()),
        (JsonForm::Json, Json::String(text)) => push_quoted_json(out, text),
        (_, Json::String(text)) => out.extend_from_slice(text.as_bytes()),
        (JsonForm::Array { json }, Json::Compound(text)) => push_array(out, text, json),
        (_, Json::Compound(text)) => out.extend_from_slice(text.as_bytes()),
    }
}

/// Appends a string of JSON.
fn push_quoted_json(out: &mut Vec<u8>, text: &str) {
    // A string has a JSON form, and a vector takes it.
    let _ = serde_json::to_writer(out, text);
}

/// Appends an array literal (PostgreSQL documentation, "Array Value Input"). A text that is no JSON array stays as it is, and
/// the server refuses it.
fn push_array(out: &mut Vec<u8>, text: &str, json: bool) {
    let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(text) else {
        return out.extend_from_slice(text.as_bytes());
    };
    out.push(b'{');
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let element = element.get();
        match element.as_bytes().first() {
            Some(b'n') => out.extend_from_slice(b"NULL"),
            _ if json => push_element(out, element),
            Some(b'[') => push_array(out, element, json),
            Some(b'"') => match serde_json::from_str::<String>(element) {
                Ok(text) => push_element(out, &text),
                Err(_) => push_element(out, element),
            },
            _ => push_element(out, element),
        }
    }
    out.push(b'}');
}

/// Appends an element in quotes. A quote or a backslash in it gets a backslash before it.
fn push_element(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// A list of fields as a JSON array, in which `null` stands for NULL: how a rejected row is kept.
pub fn texts_as_json<'t>(texts: impl Iterator<Item = Option<&'t [u8]>>) -> String {
    let mut out = vec![b'['];
    for (index, text) in texts.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match text {
            None => drop(out.write_all(b"null")),
            Some(text) => push_quoted_json(&mut out, &String::from_utf8_lossy(text)),
        }
    }
    out.push(b']');
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(type_name: &str, value: Json<'_>) -> String {
        let mut out = Vec::new();
        push_json(&mut out, value, JsonForm::of_type(type_name));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_keep_their_digits_in_every_column() {
        for type_name in ["bigint", "numeric", "text", "jsonb", "bigint[]"] {
            for number in ["4611686018438308034", "1.10", "1e400", "-0"] {
                assert_eq!(text(type_name, Json::Number(number)), number);
            }
        }
    }

    #[test]
    fn a_string_is_its_characters_but_in_a_column_of_json() {
        assert_eq!(text("text", Json::String("a\"b\n")), "a\"b\n");
        assert_eq!(text("jsonb", Json::String("a\"b\n")), r#""a\"b\n""#);
        assert_eq!(text("integer", Json::String("7")), "7");
        assert_eq!(text("boolean", Json::Bool(true)), "true");
        assert_eq!(text("text", Json::Compound(r#"{"a": 1.0}"#)), r#"{"a": 1.0}"#);
    }

    #[test]
    fn arrays_become_array_literals() {
        assert_eq!(text("integer[]", Json::Compound("[1, null, 3]")), r#"{"1",NULL,"3"}"#);
        assert_eq!(
            text("text[]", Json::Compound(r#"["a\"b", "c\\d", "NULL", ""]"#)),
            r#"{"a\"b","c\\d","NULL",""}"#
        );
        assert_eq!(text("integer[]", Json::Compound("[[1,2],[3,4]]")), r#"{{"1","2"},{"3","4"}}"#);
        assert_eq!(
            text("jsonb[]", Json::Compound(r#"[{"a": "b"}, [1], "x"]"#)),
            r#"{"{\"a\": \"b\"}","[1]","\"x\""}"#
        );
        assert_eq!(text("integer[]", Json::Compound(r#"{"a": 1}"#)), r#"{"a": 1}"#);
        assert_eq!(text("integer[]", Json::String("{1,2}")), "{1,2}");
    }

    #[test]
    fn rejected_rows_are_kept_as_json() {
        let row = [Some(&b"a\"\xff"[..]), None, Some(b"")];
        assert_eq!(texts_as_json(row.into_iter()), "[\"a\\\"\u{fffd}\",null,\"\"]");
    }
}
