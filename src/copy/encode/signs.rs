//! Signs that a data file is written otherwise than its format says. The values are taken as the format says all the same.

use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::notices::Notice;
use memchr::memchr_iter;

/// Where a batch may hold signs. One search of all its bytes costs less than one of each text.
#[derive(Debug)]
pub struct Marks {
    /// The first backslash before a quote, behind the texts that were asked about.
    escape: usize,
    /// Whether it has bytes that can be a part of a character in UTF-8, or a control character in Latin-1.
    has_continuations: bool,
}

impl Marks {
    /// Of rows that no file holds: what has made them needs no signs.
    pub const NONE: Marks = Marks { escape: usize::MAX, has_continuations: false };

    /// Searches a batch whose fields will be asked about in their order.
    pub fn of(batch: &[u8], format: &Format) -> Marks {
        let has_continuations = format.charset == Charset::Latin1 && has_continuation(batch);
        let mut marks = Marks { escape: usize::MAX, has_continuations };
        // Where backslashes escape, they are as they should be.
        if format.escape.is_none() {
            marks.seek_escape(batch, 0, format);
        }
        marks
    }

    /// Whether a text looks as if a backslash escaped a quote.
    #[inline]
    pub fn is_escaped(&mut self, batch: &[u8], field: &FieldSpan, format: &Format) -> bool {
        field.end > self.escape && self.look_for_escape(batch, field, format)
    }

    /// Whether [`of_text`] is worth a look.
    #[inline]
    pub fn may_be_in(&self, field: &FieldSpan) -> bool {
        self.has_continuations && !field.plain
    }

    #[cold]
    fn look_for_escape(&mut self, batch: &[u8], field: &FieldSpan, format: &Format) -> bool {
        let found = self.escape >= field.start && is_escaped(field.raw(batch), format);
        self.seek_escape(batch, field.end, format);
        found
    }

    fn seek_escape(&mut self, batch: &[u8], start: usize, format: &Format) {
        let is_quote = |byte: &u8| *byte == b'"' || Some(*byte) == format.quote;
        let rest = &batch[start..];
        let found = memchr_iter(b'\\', rest).find(|at| rest.get(at + 1).is_some_and(is_quote));
        self.escape = found.map_or(usize::MAX, |at| start + at);
    }
}

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
fn is_escaped(raw: &[u8], format: &Format) -> bool {
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
    if charset != Charset::Latin1 || !has_continuation(value) {
        return None;
    }
    if std::str::from_utf8(value).is_ok() {
        return Some(Notice::Utf8);
    }
    value.iter().any(|byte| matches!(byte, 0x80..=0x9F)).then_some(Notice::ControlCharacters)
}

/// Whether there are bytes from 0x80 to 0xBF. Without an early end the compiler looks at many at once.
fn has_continuation(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |any, byte| any | matches!(byte, 0x80..=0xBF))
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
    fn marks_find_what_a_look_at_each_field_finds() {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        for batch in ["a|b\\\"|c|\\`d\\\"|e\\|\\\"|x", "`a\\`|\\\"|{\"\\\"\"}|z\\\"", "a|b|c", ""] {
            let mut start = 0;
            let fields = batch.split('|').map(|text| {
                let field = FieldSpan { start, end: start + text.len(), odd: false, plain: true };
                start = field.end + 1;
                field
            });
            let mut marks = Marks::of(batch.as_bytes(), &format);
            for (number, field) in fields.enumerate() {
                let expected = is_escaped(field.raw(batch.as_bytes()), &format);
                // Not every column is asked about.
                if number != 1 {
                    assert_eq!(
                        marks.is_escaped(batch.as_bytes(), &field, &format),
                        expected,
                        "{batch} {number}"
                    );
                }
            }
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
