//! A field in its batch: its bytes, and its value without quotes.

use super::format::Format;
use memchr::memchr;

/// A field's bytes in its batch, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldSpan {
    /// First byte.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
    /// Whether a quote character stands anywhere in it.
    pub quoted: bool,
    /// Whether all of it is ASCII without NUL.
    pub plain: bool,
}

impl FieldSpan {
    /// The bytes as they stand in the data file.
    pub fn raw<'b>(&self, batch: &'b [u8]) -> &'b [u8] {
        &batch[self.start..self.end]
    }

    /// Whether the field is the NULL marker; a quoted one never is.
    #[inline]
    pub fn is_null(&self, batch: &[u8], format: &Format) -> bool {
        !self.quoted && self.raw(batch) == format.null
    }

    /// The field's value: its bytes without quotes. `scratch` holds it where quotes stood inside.
    #[inline]
    pub fn value<'b>(&self, batch: &'b [u8], quote: u8, scratch: &'b mut Vec<u8>) -> &'b [u8] {
        self.value_and_form(batch, quote, scratch).0
    }

    /// As [`FieldSpan::value`], and whether the field has the usual form: no quote at all, or one at each end and none between.
    #[inline]
    pub fn value_and_form<'b>(
        &self,
        batch: &'b [u8],
        quote: u8,
        scratch: &'b mut Vec<u8>,
    ) -> (&'b [u8], bool) {
        let raw = self.raw(batch);
        if !self.quoted {
            return (raw, true);
        }
        if let [first, inner @ .., last] = raw
            && *first == quote
            && *last == quote
            && memchr(quote, inner).is_none()
        {
            return (inner, true);
        }
        unquote(raw, quote, scratch);
        (scratch, false)
    }
}

/// Removes the quotes from a field whose quotes are balanced.
fn unquote(raw: &[u8], quote: u8, out: &mut Vec<u8>) {
    out.clear();
    let mut inside = false;
    let mut rest = raw;
    while let Some(at) = memchr(quote, rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if inside && rest.first() == Some(&quote) {
            out.push(quote);
            rest = &rest[1..];
        } else {
            inside = !inside;
        }
    }
    out.extend_from_slice(rest);
}
