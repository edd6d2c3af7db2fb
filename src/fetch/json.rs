//! JSON as values for filters: strict JSON, with limits, whose numbers stay as they are written.

use crate::copy::values::batch::ValueBatch;
use crate::copy::values::json::Json;
use bytes::Bytes;
use hifijson::str::LexAlloc as _;
use hifijson::token::{Expect, Lex as _};
use hifijson::{Read as _, SliceLexer};
use jaq_json::{Map, Num, Val};
use std::borrow::Cow;
use std::fmt::Write as _;

/// The deepest nesting of arrays and objects: far more than an honest response needs, far less than a thread's stack allows.
const MAX_DEPTH: usize = 200;
/// What the parts of a value take in memory, about (bytes). A place in a list is counted twice, since lists grow by doubling.
const PLACE_BYTES: u64 = 2 * size_of::<Val>() as u64;
const STRING_BYTES: u64 = 48;
const ARRAY_BYTES: u64 = 56;
const OBJECT_BYTES: u64 = 160;
/// A place in an object, with its hash, and without its key's text.
const MEMBER_BYTES: u64 = 96;

/// What is wrong with a text.
#[derive(Debug)]
enum Fault {
    Json(hifijson::Error),
    TooDeep,
    TooMuch,
    Twice(String),
}

impl<E: Into<hifijson::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Fault::Json(error.into())
    }
}

/// Reads one JSON value.
///
/// # Errors
/// As [`parse_within`].
pub fn parse(text: &[u8]) -> Result<Val, String> {
    parse_within(text, u64::MAX)
}

/// Reads one JSON value that may take so many bytes of memory: `{}` has two bytes as text, and about a hundred as a value.
///
/// # Errors
/// In words: the place where it is not JSON; nesting deeper than 200; a key that stands twice in one object, since readers
/// differ in which of the two values they take; too many values.
pub fn parse_within(text: &[u8], most_bytes: u64) -> Result<Val, String> {
    // Strings are slices of this one copy.
    let text = &Bytes::copy_from_slice(text);
    let mut lexer = SliceLexer::new(text);
    let mut left = Left(most_bytes);
    lexer
        .exactly_one(SliceLexer::ws_peek, |next, lexer| value(text, next, lexer, MAX_DEPTH, &mut left))
        .map_err(|fault| {
            let offset = text.len() - lexer.as_slice().len();
            match fault {
                Fault::Json(error) => format!("no JSON at byte {offset}: {error}"),
                Fault::TooMuch => {
                    let most = crate::config::Size(most_bytes);
                    format!("its values take more than {most} of memory, which max_memory allows")
                }
                Fault::TooDeep => format!("nested deeper than {MAX_DEPTH} at byte {offset}"),
                Fault::Twice(key) => format!("key {key:?} stands twice in one object at byte {offset}"),
            }
        })
}

/// The memory that further values may take (bytes).
struct Left(u64);

impl Left {
    fn take(&mut self, bytes: u64) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(bytes).ok_or(Fault::TooMuch)?;
        Ok(())
    }
}

fn value(
    text: &Bytes,
    next: u8,
    lexer: &mut SliceLexer<'_>,
    depth: usize,
    left: &mut Left,
) -> Result<Val, Fault> {
    if depth == 0 {
        return Err(Fault::TooDeep);
    }
    left.take(match next {
        b'"' => PLACE_BYTES + STRING_BYTES,
        b'[' => PLACE_BYTES + ARRAY_BYTES,
        b'{' => PLACE_BYTES + OBJECT_BYTES,
        _ => PLACE_BYTES,
    })?;
    Ok(match next {
        b'n' if lexer.strip_prefix(b"null") => Val::Null,
        b't' if lexer.strip_prefix(b"true") => Val::Bool(true),
        b'f' if lexer.strip_prefix(b"false") => Val::Bool(false),
        b'0'..=b'9' | b'-' => number(lexer)?,
        b'"' => string(text, lexer.discarded())?,
        b'[' => {
            let mut items = Vec::new();
            lexer.discarded().seq(b']', SliceLexer::ws_peek, |next, lexer| {
                items.push(value(text, next, lexer, depth - 1, left)?);
                Ok::<_, Fault>(())
            })?;
            Val::Arr(items.into())
        }
        b'{' => {
            let mut object = Map::default();
            lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
                lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
                left.take(MEMBER_BYTES + STRING_BYTES)?;
                let key = string(text, lexer)?;
                lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
                let next = lexer.ws_peek().ok_or(Expect::Value)?;
                let item = value(text, next, lexer, depth - 1, left)?;
                let (place, old) = object.insert_full(key, item);
                if old.is_some() {
                    let key = object.get_index(place).and_then(|(key, _)| text_of(key));
                    return Err(Fault::Twice(key.unwrap_or_default().to_owned()));
                }
                Ok::<_, Fault>(())
            })?;
            Val::obj(object)
        }
        _ => return Err(Expect::Value.into()),
    })
}

fn string(text: &Bytes, lexer: &mut SliceLexer<'_>) -> Result<Val, Fault> {
    Ok(match lexer.str_string().map_err(hifijson::Error::Str)? {
        Cow::Borrowed(part) => Val::utf8_str(text.slice_ref(part.as_bytes())),
        Cow::Owned(unescaped) => Val::utf8_str(unescaped),
    })
}

fn number(lexer: &mut SliceLexer<'_>) -> Result<Val, Fault> {
    use hifijson::num::LexWrite as _;
    let (text, parts) = lexer.num_string().validated()?;
    // An integer of any size is written with the same digits again. Only -0 would lose its sign.
    let integer = (parts.is_int() && text != "-0").then(|| Num::from_str_radix(text, 10)).flatten();
    Ok(Val::Num(integer.unwrap_or_else(|| Num::Dec(text.to_owned().into()))))
}

/// The text of a string; none for other values, and for bytes that are not UTF-8.
pub fn text_of(value: &Val) -> Option<&str> {
    match value {
        Val::TStr(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// The kind of a value, for messages.
pub fn kind_of(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "a boolean",
        Val::Num(_) => "a number",
        Val::BStr(_) | Val::TStr(_) => "a string",
        Val::Arr(_) => "an array",
        Val::Obj(_) => "an object",
    }
}

/// Pushes a value into a row; `scratch` is room for its text.
///
/// # Errors
/// A string that is not UTF-8.
pub fn push(batch: &mut ValueBatch, value: &Val, scratch: &mut String) -> Result<(), String> {
    scratch.clear();
    let json = match value {
        Val::Null => Json::Null,
        Val::Bool(value) => Json::Bool(*value),
        // PostgreSQL spells `NaN` and infinities in the same way.
        Val::Num(number) => {
            // Writing into a string never fails.
            let _ = write!(scratch, "{number}");
            Json::Number(scratch)
        }
        Val::TStr(_) | Val::BStr(_) => Json::String(text_of(value).ok_or("value is no text in UTF-8")?),
        Val::Arr(_) | Val::Obj(_) => {
            write_json(scratch, value)?;
            Json::Compound(scratch)
        }
    };
    batch.push_json(json);
    Ok(())
}

/// Appends a value as JSON.
///
/// # Errors
/// What JSON cannot express: bytes that are not UTF-8, NaN and infinities, keys that are not strings.
pub fn write_json(out: &mut String, value: &Val) -> Result<(), String> {
    match value {
        Val::Null => out.push_str("null"),
        Val::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Val::Num(Num::Float(number)) if !number.is_finite() => {
            return Err(format!("{number} has no form in JSON"));
        }
        Val::Num(Num::Dec(text)) => out.push_str(text),
        Val::Num(number) => drop(write!(out, "{number}")),
        Val::TStr(_) | Val::BStr(_) => write_string(out, text_of(value).ok_or("value is no text in UTF-8")?),
        Val::Arr(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_json(out, item)?;
            }
            out.push(']');
        }
        Val::Obj(object) => {
            out.push('{');
            for (index, (key, item)) in object.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_string(out, text_of(key).ok_or("a key of an object is no string")?);
                out.push_str(": ");
                write_json(out, item)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Appends a string of JSON.
fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            byte => drop(write!(out, "\\u{byte:04x}")),
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(text: &str) -> String {
        let mut out = String::new();
        write_json(&mut out, &parse(text.as_bytes()).unwrap()).unwrap();
        out
    }

    #[test]
    fn numbers_and_texts_come_back_as_they_were() {
        for text in [
            "4611686018438308034",
            "123456789012345678901234567890",
            "-0",
            "1.10",
            "1e400",
            "0.0",
            r#"{"a": [1, true, null, "x\"\\\u0001ä😀"], "b": {}}"#,
        ] {
            assert_eq!(round(text), text);
        }
        assert_eq!(round(" [ 1 ,\"\\u00e4\\/\" ] "), "[1, \"ä/\"]");
    }

    #[test]
    fn only_json_is_json() {
        for text in [
            "",
            "{",
            "[1,]",
            "NaN",
            "# a\n1",
            "'a'",
            "1 2",
            "01",
            "+1",
            "1.",
            "{1: 2}",
            "b\"a\"",
            "<html>",
            "\"\u{1}\"",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse(b"[1, x]").unwrap_err().starts_with("no JSON at byte 4: "));
    }

    #[test]
    fn values_have_a_limit_of_memory_however_short_they_are_written() {
        for item in ["1", "[]", "{}", "\"\"", "{\"a\":0}"] {
            let text = format!("[{}{item}]", format!("{item},").repeat(100_000));
            assert!(parse_within(text.as_bytes(), 100 << 20).is_ok(), "{item}");
            let error = parse_within(text.as_bytes(), 3 << 20).unwrap_err();
            assert_eq!(error, "its values take more than 3 MiB of memory, which max_memory allows");
        }
    }

    #[test]
    fn depth_and_keys_have_limits() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse(deep(MAX_DEPTH + 1).as_bytes()).unwrap_err().contains("nested deeper than 200"));
        assert!(parse("[".repeat(1 << 20).as_bytes()).unwrap_err().contains("nested deeper"));
        let twice = parse(br#"{"a": 1, "b": {"c": 1, "c": 2}}"#).unwrap_err();
        assert!(twice.starts_with("key \"c\" stands twice in one object"), "{twice}");
    }
}
