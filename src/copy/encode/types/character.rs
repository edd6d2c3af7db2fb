//! `text`, `varchar`, `char`, `json` and `jsonb`: characters, in UTF-8.

use crate::copy::encode::binary::{push_bytes, push_jsonb, push_with};
use crate::copy::encode::fault::BadValue;
use crate::copy::input::charset::{Charset, push_latin1};

/// Appends a field whose binary form is its text, and returns true; returns false, and leaves `out` as it was, for a value of
/// more than `limit` characters. The server decides about those, since it cuts off blanks beyond the limit.
///
/// # Errors
/// A NUL byte, or bytes that are not valid in the file's encoding.
pub fn push_text(
    out: &mut Vec<u8>,
    value: &[u8],
    charset: Charset,
    limit: Option<u32>,
) -> Result<bool, BadValue> {
    let kind = Kind::of(value, charset)?;
    if limit.is_some_and(|limit| kind.is_longer(value, limit)) {
        return Ok(false);
    }
    match kind {
        Kind::Ascii | Kind::Utf8 => push_bytes(out, value),
        Kind::Latin1 => push_with(out, |out| push_latin1(out, value)),
    }
    Ok(true)
}

/// Whether all bytes are ASCII, and none is NUL: then they are characters in any encoding that rows are cut in.
#[inline]
pub fn is_plain(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    // This takes one from each of eight bytes at once. A NUL gets its high bit set, and only a NUL causes a borrow.
    let marks = |chunk: &[u8; 8]| {
        let chunk = u64::from_ne_bytes(*chunk);
        chunk | chunk.wrapping_sub(ONES)
    };
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().all(|byte| (1..0x80).contains(byte));
    };
    let (chunks, _) = bytes.as_chunks();
    let all = chunks.iter().fold(marks(last), |all, chunk| all | marks(chunk));
    all & HIGH_BITS == 0
}

/// Appends a `jsonb` field and returns true. The server finds out whether the text is JSON.
///
/// # Errors
/// As for [`push_text`].
pub fn push_jsonb_text(out: &mut Vec<u8>, value: &[u8], charset: Charset) -> Result<bool, BadValue> {
    let kind = Kind::of(value, charset)?;
    push_jsonb(out, |out| kind.push(out, value));
    Ok(true)
}

/// How a value's bytes become UTF-8.
#[derive(Clone, Copy)]
enum Kind {
    Ascii,
    Utf8,
    Latin1,
}

impl Kind {
    #[inline]
    fn of(value: &[u8], charset: Charset) -> Result<Kind, BadValue> {
        if is_plain(value) {
            return Ok(Kind::Ascii);
        }
        if charset != Charset::Latin1 && std::str::from_utf8(value).is_err() {
            return Err(BadValue::NotValid(charset.name()));
        }
        if value.contains(&0) {
            return Err(BadValue::Nul);
        }
        Ok(if charset == Charset::Latin1 { Kind::Latin1 } else { Kind::Utf8 })
    }

    #[inline]
    fn is_longer(self, value: &[u8], limit: u32) -> bool {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        // No character takes less than a byte.
        value.len() > limit
            && match self {
                Kind::Ascii | Kind::Latin1 => true,
                // All bytes but those that continue a character.
                Kind::Utf8 => value.iter().filter(|byte| **byte & 0xC0 != 0x80).count() > limit,
            }
    }

    #[inline]
    fn push(self, out: &mut Vec<u8>, value: &[u8]) {
        match self {
            Kind::Ascii | Kind::Utf8 => out.extend_from_slice(value),
            Kind::Latin1 => push_latin1(out, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(value: &[u8], charset: Charset, limit: Option<u32>) -> Result<Option<Vec<u8>>, BadValue> {
        let mut out = b"kept".to_vec();
        let pushed = push_text(&mut out, value, charset, limit);
        assert!(pushed == Ok(true) || out == b"kept");
        pushed.map(|pushed| pushed.then(|| out.split_off(4)))
    }

    #[test]
    fn every_charset_becomes_utf_8() {
        let expected = Ok(Some("\0\0\0\x05café".as_bytes().to_vec()));
        assert_eq!(pushed(b"caf\xE9", Charset::Latin1, None), expected);
        assert_eq!(pushed("café".as_bytes(), Charset::Utf8, None), expected);
        assert_eq!(pushed(b"a\tb\\", Charset::Utf8, None), Ok(Some(b"\0\0\0\x04a\tb\\".to_vec())));
        assert_eq!(pushed(b"", Charset::Latin1, None), Ok(Some(vec![0; 4])));
    }

    #[test]
    fn limits_count_characters() {
        for (value, charset) in [(&b"caf\xE9"[..], Charset::Latin1), ("café".as_bytes(), Charset::Utf8)] {
            assert!(pushed(value, charset, Some(4)).unwrap().is_some());
            assert!(pushed(value, charset, Some(3)).unwrap().is_none());
        }
        assert!(pushed(b"four", Charset::Utf8, Some(4)).unwrap().is_some());
        assert!(pushed(b"five ", Charset::Utf8, Some(4)).unwrap().is_none());
    }

    #[test]
    fn what_no_text_can_hold() {
        for charset in [Charset::Latin1, Charset::Utf8] {
            assert_eq!(pushed(b"a\0\xC3\xA9", charset, None), Err(BadValue::Nul));
        }
        assert_eq!(pushed(b"caf\xE9", Charset::Utf8, None), Err(BadValue::NotValid("UTF-8")));
    }

    #[test]
    fn plain_is_what_every_charset_reads_alike() {
        for length in 0..70 {
            let mut value = vec![b'a'; length];
            assert!(is_plain(&value));
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    value[at] = byte;
                    assert_eq!(is_plain(&value), (1..0x80).contains(&byte));
                }
                value[at] = 0x7F;
            }
        }
    }

    #[test]
    fn jsonb_has_a_version() {
        let mut out = Vec::new();
        assert_eq!(push_jsonb_text(&mut out, b"{}", Charset::Utf8), Ok(true));
        assert_eq!(out, b"\0\0\0\x03\x01{}");
        assert!(push_jsonb_text(&mut out, b"\0", Charset::Utf8).is_err());
    }
}
