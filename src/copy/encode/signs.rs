//! Signs that a data file is written otherwise than its format says. The values are taken as the format says all the same.

use crate::copy::input::charset::Charset;
use crate::copy::input::format::Format;
use crate::copy::notices::Notice;
use memchr::memchr_iter;

/// What to note about a field that holds quotes, and not just one around it at each end. Quotes that are doubled inside
/// quotes mean themselves.
#[cold]
pub fn of_quotes(raw: &[u8], format: &Format) -> Option<Notice> {
    let quote = format.quote?;
    let before = |at: usize| at.checked_sub(1).map(|at| raw[at]);
    if let Some(escape) = format.escape {
        let is_plain = |at: usize| before(at) != Some(escape.byte);
        let is_inside = raw.first() != Some(&quote) && memchr_iter(quote, raw).any(is_plain);
        return is_inside.then_some(Notice::QuoteInside);
    }
    if memchr_iter(quote, raw).any(|at| before(at) == Some(b'\\')) {
        return Some(Notice::Escape);
    }
    let [first, inner @ .., last] = raw else { return Some(Notice::QuoteInside) };
    if *first != quote || *last != quote {
        return Some(Notice::QuoteInside);
    }
    let mut rest = inner;
    while let Some(at) = memchr::memchr(quote, rest) {
        match rest.get(at + 1) {
            Some(next) if *next == quote => rest = &rest[at + 2..],
            _ => return Some(Notice::QuoteInside),
        }
    }
    None
}

/// Whether a text looks as if a backslash escaped a quote. In a document of JSON, that is as it should be.
#[cold]
pub fn is_escaped(raw: &[u8], format: &Format) -> bool {
    let text = match raw {
        [first, text @ .., last] if format.quote == Some(*first) && first == last => text,
        text => text,
    };
    let is_quote = |byte: &u8| *byte == b'"' || Some(*byte) == format.quote;
    let is_document = matches!(text, [b'{' | b'[', ..]);
    !is_document && memchr_iter(b'\\', text).any(|at| text.get(at + 1).is_some_and(is_quote))
}

/// What to note about a text that is not ASCII.
pub fn of_text(value: &[u8], charset: Charset) -> Option<Notice> {
    if charset != Charset::Latin1 || value.is_ascii() {
        return None;
    }
    if std::str::from_utf8(value).is_ok() {
        return Some(Notice::Utf8);
    }
    value.iter().any(|byte| matches!(byte, 0x80..=0x9F)).then_some(Notice::ControlCharacters)
}

/// Whether a value that the server reads as a `bytea` is hexadecimal without a prefix: the server takes its digits for
/// characters.
pub fn is_bare_hexadecimal(value: &[u8]) -> bool {
    !value.is_empty() && value.len().is_multiple_of(2) && value.iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        for (raw, notice) in [
            ("``", None),
            ("`a``b`", None),
            ("````", None),
            ("`a|b`", None),
            ("a`b", Some(Notice::QuoteInside)),
            ("run `ls` now", Some(Notice::QuoteInside)),
            ("`a`b", Some(Notice::QuoteInside)),
            ("`a`b`c`", Some(Notice::QuoteInside)),
            ("`", Some(Notice::QuoteInside)),
            ("`say \\`hi\\``", Some(Notice::Escape)),
            ("a\\`b", Some(Notice::Escape)),
        ] {
            assert_eq!(of_quotes(raw.as_bytes(), &Format::default()), notice, "{raw}");
        }
    }

    #[test]
    fn escapes() {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        for (raw, expected) in [
            ("say \\\"hi\\\"", true),
            ("it\\`s", true),
            ("a\\", false),
            ("`a\\`", false),
            ("`a\\``b`", true),
            ("C:\\temp", false),
            ("\\N", false),
            ("{\"a\": \"\\\"\"}", false),
            ("[\"\\\"\"]", false),
            ("plain", false),
            ("", false),
        ] {
            assert_eq!(is_escaped(raw.as_bytes(), &format), expected, "{raw}");
        }
    }

    #[test]
    fn texts_under_latin_1() {
        for (value, notice) in [
            (&b"caf\xE9"[..], None),
            (b"cafe", None),
            (b"a\0b", None),
            ("café".as_bytes(), Some(Notice::Utf8)),
            (b"5 \x80", Some(Notice::ControlCharacters)),
            (b"It\x92s caf\xE9", Some(Notice::ControlCharacters)),
        ] {
            assert_eq!(of_text(value, Charset::Latin1), notice, "{value:?}");
            assert_eq!(of_text(value, Charset::Utf8), None);
        }
    }

    #[test]
    fn hexadecimal() {
        for (value, expected) in
            [("DEADbeef", true), ("00", true), ("0", false), ("", false), ("0xAB", false), ("\\xAB", false)]
        {
            assert_eq!(is_bare_hexadecimal(value.as_bytes()), expected, "{value}");
        }
    }
}
