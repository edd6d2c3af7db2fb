//! A field in its batch: its bytes, and its value without quotes.

use super::format::{Escape, EscapeKind, Format, Quotes};
use memchr::{memchr, memchr2};

/// A field's bytes in its batch, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpan {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// Whether a quote or an escape stands anywhere in it.
    pub odd: bool,
    /// Whether all of it is ASCII without NUL.
    pub plain: bool,
}

impl FieldSpan {
    /// Whether its value is its bytes, and all of them are characters in any encoding.
    #[inline]
    pub fn is_bare(&self) -> bool {
        self.plain & !self.odd
    }

    /// The bytes as they stand in the data file.
    pub fn raw<'b>(&self, batch: &'b [u8]) -> &'b [u8] {
        &batch[self.start..self.end]
    }

    /// Whether the field is a NULL marker; a quoted one never is.
    #[inline]
    pub fn is_null(&self, batch: &[u8], format: &Format) -> bool {
        // No marker holds a quote, but it may hold an escape, as `\N` does.
        (!self.odd || format.escape.is_some()) && format.is_null(self.raw(batch))
    }

    /// The field's value: its bytes without quotes and escapes. `scratch` holds it where such stood inside.
    #[inline]
    pub fn value<'b>(&self, batch: &'b [u8], format: &Format, scratch: &'b mut Vec<u8>) -> &'b [u8] {
        self.value_and_form(batch, format, scratch).0
    }

    /// As [`FieldSpan::value`], and whether the field has the usual form: no quote at all, or one at each end and none between.
    #[inline]
    pub fn value_and_form<'b>(
        &self,
        batch: &'b [u8],
        format: &Format,
        scratch: &'b mut Vec<u8>,
    ) -> (&'b [u8], bool) {
        let raw = self.raw(batch);
        if !self.odd {
            if !self.plain && format.nul_is_empty && raw == b"\0" {
                return (b"", true);
            }
            return (raw, true);
        }
        if let (Some(quote), None, [first, inner @ .., last]) = (format.quote, format.escape, raw)
            && *first == quote
            && *last == quote
            && memchr(quote, inner).is_none()
        {
            return (inner, true);
        }
        unusual(raw, format, scratch)
    }
}

/// The value of a field with quotes or escapes, and whether it has the usual form.
fn unusual<'b>(raw: &'b [u8], format: &Format, scratch: &'b mut Vec<u8>) -> (&'b [u8], bool) {
    let is_quoted = format.quote.is_some() && raw.first().copied() == format.quote;
    scratch.clear();
    match (format.quote, format.escape) {
        (quote, Some(Escape { byte, kind: EscapeKind::OfAll })) => {
            let inner = if is_quoted { raw[1..].strip_suffix(quote.as_slice()).unwrap_or(raw) } else { raw };
            unescape(inner, byte, quote.filter(|_| is_quoted), scratch);
            (scratch, is_quoted || quote.is_none_or(|quote| memchr(quote, raw).is_none()))
        }
        (Some(quote), escape) if is_quoted || format.quotes == Quotes::Copy => {
            let doubles = escape.is_none() || format.quotes == Quotes::Text;
            unquote(raw, quote, escape.map(|escape| escape.byte), doubles, scratch);
            (scratch, false)
        }
        (quote, _) => (raw, quote.is_none_or(|quote| memchr(quote, raw).is_none())),
    }
}

/// Removes the quotes from a field whose quotes are balanced. Inside them, an escape takes away the meaning of a quote or an
/// escape, and a quote that of another one where it `doubles`.
fn unquote(raw: &[u8], quote: u8, escape: Option<u8>, doubles: bool, out: &mut Vec<u8>) {
    let mut inside = false;
    let mut rest = raw;
    while let Some(at) = memchr2(quote, escape.unwrap_or(quote), rest) {
        let byte = rest[at];
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let next = rest.first().copied();
        let is_escape = if byte == quote {
            doubles && next == Some(quote)
        } else {
            next == Some(quote) || next == escape
        };
        if inside && is_escape {
            out.extend(next);
            rest = &rest[1..];
        } else if byte == quote {
            inside = !inside;
        } else {
            out.push(byte);
        }
    }
    out.extend_from_slice(rest);
}

/// Replaces MySQL's escapes, and doubled quotes where there are some.
fn unescape(text: &[u8], escape: u8, quote: Option<u8>, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr2(escape, quote.unwrap_or(escape), rest) {
        out.extend_from_slice(&rest[..at]);
        let Some(next) = rest.get(at + 1).copied() else {
            // MySQL takes an escape that nothing follows for itself.
            out.push(rest[at]);
            return;
        };
        rest = &rest[at + 2..];
        out.push(match next {
            _ if quote == Some(next) || next == escape => next,
            b'0' => 0,
            b'b' => 8,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'Z' => 26,
            other => other,
        });
    }
    out.extend_from_slice(rest);
}
