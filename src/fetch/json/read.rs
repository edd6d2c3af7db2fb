//! JSON as values: strict JSON, but for what Python writes, with limits; its numbers stay as they are written.

use super::budget::{Budget, Part};
use super::value::text_of;
use bytes::Bytes;
use hifijson::str::{LexAlloc as _, LexWrite as _};
use hifijson::token::{Expect, Lex as _};
use hifijson::{Read as _, SliceLexer};
use jaq_json::{Map, Num, Val};
use std::borrow::Cow;

/// The deepest nesting of arrays and objects: far more than an honest response needs, far less than a thread's stack allows.
pub(super) const MAX_DEPTH: usize = 200;

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
    parse_within(text, &mut Budget::new(u64::MAX))
}

/// Reads one JSON value within a budget of memory: `{}` has two bytes as text, and about a hundred as a value. `NaN` and
/// `Infinity`, which some writers have, are numbers; a half of a surrogate pair in a string makes one that is no text, so that only
/// its row is rejected.
///
/// # Errors
/// In words: the place where it is not JSON; nesting deeper than 200; a key that stands twice in one object, since readers
/// differ in which of the two values they take; too many values.
pub fn parse_within(text: &[u8], budget: &mut Budget) -> Result<Val, String> {
    // Strings are slices of this one copy.
    let text = &Bytes::copy_from_slice(text);
    let mut lexer = SliceLexer::new(text);
    lexer.exactly_one(SliceLexer::ws_peek, |next, lexer| value(text, next, lexer, MAX_DEPTH, budget)).map_err(
        |fault| {
            let offset = text.len() - lexer.as_slice().len();
            match fault {
                Fault::Json(error) => format!("no JSON at byte {offset}: {error}"),
                Fault::TooMuch => budget.exceeded(),
                Fault::TooDeep => format!("nested deeper than {MAX_DEPTH} at byte {offset}"),
                Fault::Twice(key) => format!("key {key:?} stands twice in one object at byte {offset}"),
            }
        },
    )
}

fn value(
    text: &Bytes,
    next: u8,
    lexer: &mut SliceLexer<'_>,
    depth: usize,
    budget: &mut Budget,
) -> Result<Val, Fault> {
    if depth == 0 {
        return Err(Fault::TooDeep);
    }
    budget.spend(Part::of(next)).ok_or(Fault::TooMuch)?;
    Ok(match next {
        b'n' if lexer.strip_prefix(b"null") => Val::Null,
        b't' if lexer.strip_prefix(b"true") => Val::Bool(true),
        b'f' if lexer.strip_prefix(b"false") => Val::Bool(false),
        b'N' if lexer.strip_prefix(b"NaN") => Val::from(f64::NAN),
        b'I' if lexer.strip_prefix(b"Infinity") => Val::from(f64::INFINITY),
        b'-' if lexer.strip_prefix(b"-Infinity") => Val::from(f64::NEG_INFINITY),
        b'0'..=b'9' | b'-' => number(lexer)?,
        b'"' => string(text, lexer.discarded())?,
        b'[' => {
            let mut items = Vec::new();
            lexer.discarded().seq(b']', SliceLexer::ws_peek, |next, lexer| {
                items.push(value(text, next, lexer, depth - 1, budget)?);
                Ok::<_, Fault>(())
            })?;
            Val::Arr(items.into())
        }
        b'{' => {
            let mut object = Map::default();
            lexer.discarded().seq(b'}', SliceLexer::ws_peek, |next, lexer| {
                lexer.expect(|_| Some(next), b'"').ok_or(Expect::String)?;
                budget.spend(Part::Member).ok_or(Fault::TooMuch)?;
                let key = string(text, lexer)?;
                lexer.expect(SliceLexer::ws_peek, b':').ok_or(Expect::Colon)?;
                let next = lexer.ws_peek().ok_or(Expect::Value)?;
                let item = value(text, next, lexer, depth - 1, budget)?;
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
    let start = lexer.as_slice();
    match lexer.str_string() {
        Ok(Cow::Borrowed(part)) => Ok(Val::utf8_str(text.slice_ref(part.as_bytes()))),
        Ok(Cow::Owned(unescaped)) => Ok(Val::utf8_str(unescaped)),
        Err(fault @ hifijson::str::Error::Escape(_)) if fault.is_unicode_error() => {
            *lexer = SliceLexer::new(start);
            let mut raw = &b""[..];
            lexer.str_bytes(&mut raw).map_err(hifijson::Error::Str)?;
            Ok(Val::utf8_str(unescaped(raw)))
        }
        Err(fault) => Err(hifijson::Error::Str(fault).into()),
    }
}

/// The bytes of a string whose escapes are known to be well-formed. A half of a surrogate pair is written like any other number,
/// which makes the string no text in UTF-8.
#[cold]
fn unescaped(raw: &[u8]) -> Vec<u8> {
    let unit = |at: usize| {
        let digits = raw.get(at..)?.strip_prefix(b"\\u")?.get(..4)?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut out, mut at) = (Vec::with_capacity(raw.len()), 0);
    while let Some(byte) = raw.get(at).copied() {
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let Some(high) = unit(at) else {
            out.push(match raw.get(at + 1).copied().unwrap_or(byte) {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                other => other,
            });
            at += 2;
            continue;
        };
        at += 6;
        let low = unit(at).filter(|low| (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(low));
        let decoded = char::decode_utf16([high].into_iter().chain(low)).next();
        at += if low.is_some() { 6 } else { 0 };
        match decoded {
            Some(Ok(c)) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => {
                let [first, second, third] =
                    [high >> 12, high >> 6 & 0x3F, high & 0x3F].map(|bits| bits as u8);
                out.extend([0xE0 | first, 0x80 | second, 0x80 | third]);
            }
        }
    }
    out
}

fn number(lexer: &mut SliceLexer<'_>) -> Result<Val, Fault> {
    use hifijson::num::LexWrite as _;
    let (text, _) = lexer.num_string().validated()?;
    Ok(Val::Num(number_of(text)))
}

/// The number that is written so.
pub(super) fn number_of(text: &str) -> Num {
    // An integer of any size is written with the same digits again. Only -0 would lose its sign.
    let is_integer = text != "-0" && !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    let integer = is_integer.then(|| Num::from_str_radix(text, 10)).flatten();
    integer.unwrap_or_else(|| Num::Dec(text.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        for text in [
            "",
            "{",
            "[1,]",
            "nan",
            "-NaN",
            "Infinit",
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
    fn what_python_writes_concerns_its_value_alone() {
        for (text, number) in
            [("NaN", "NaN"), ("[Infinity]", "Infinity"), ("{\"a\": -Infinity}", "-Infinity")]
        {
            assert!(parse(text.as_bytes()).unwrap().to_string().contains(number), "{text}");
        }
        for (text, bytes) in [
            (r#""a\ud800""#, &b"a\xed\xa0\x80"[..]),
            (r#""\udc00\ud800\ud83d\ude00\n\\""#, b"\xed\xb0\x80\xed\xa0\x80\xf0\x9f\x98\x80\n\\"),
            (r#""\ud800\u0041\"\/\b\f\r\t""#, b"\xed\xa0\x80A\"/\x08\x0c\r\t"),
        ] {
            let Val::TStr(found) = parse(text.as_bytes()).unwrap() else { panic!("{text}") };
            assert_eq!(&found[..], bytes, "{text}");
        }
        assert!(parse(br#""\ud8zz""#).is_err());
    }

    #[test]
    fn values_have_a_limit_of_memory_however_short_they_are_written() {
        for item in ["1", "[]", "{}", "\"\"", "{\"a\":0}"] {
            let text = format!("[{}{item}]", format!("{item},").repeat(100_000));
            assert!(parse_within(text.as_bytes(), &mut Budget::new(100 << 20)).is_ok(), "{item}");
            let error = parse_within(text.as_bytes(), &mut Budget::new(3 << 20)).unwrap_err();
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
