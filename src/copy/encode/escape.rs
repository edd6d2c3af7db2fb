//! The escapes of COPY's text format.

use super::fault::BadValue;
use crate::copy::input::charset::{Charset, push_latin1};

/// What a byte of a value asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Escape(u8),
    NonAscii,
    Nul,
}

/// The class of every byte. The escapes are those of the PostgreSQL documentation, COPY, "Text Format".
static CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut byte = 0x80;
    while byte < 256 {
        classes[byte] = Class::NonAscii;
        byte += 1;
    }
    classes[0] = Class::Nul;
    classes[b'\\' as usize] = Class::Escape(b'\\');
    classes[b'\t' as usize] = Class::Escape(b't');
    classes[b'\n' as usize] = Class::Escape(b'n');
    classes[b'\r' as usize] = Class::Escape(b'r');
    classes
};

/// Appends a value in UTF-8, escaped.
///
/// # Errors
/// A NUL byte, or bytes that are not valid in the file's encoding.
pub fn push(out: &mut Vec<u8>, value: &[u8], charset: Charset) -> Result<(), BadValue> {
    if charset != Charset::Latin1 && std::str::from_utf8(value).is_err() {
        return Err(BadValue::NotValid(charset.name()));
    }
    let mut plain_from = 0;
    for (at, byte) in value.iter().enumerate() {
        let class = CLASSES[usize::from(*byte)];
        if class == Class::Plain || (class == Class::NonAscii && charset != Charset::Latin1) {
            continue;
        }
        out.extend_from_slice(&value[plain_from..at]);
        plain_from = at + 1;
        match class {
            Class::Escape(letter) => out.extend_from_slice(&[b'\\', letter]),
            Class::NonAscii => push_latin1(out, &[*byte]),
            Class::Nul => return Err(BadValue::Nul),
            Class::Plain => {}
        }
    }
    out.extend_from_slice(&value[plain_from..]);
    Ok(())
}
