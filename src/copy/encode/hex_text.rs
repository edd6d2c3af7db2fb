//! Binary strings: SQL Server and MySQL write `0xDEAD` where PostgreSQL reads `\xDEAD`
//! (PostgreSQL documentation, "Binary Data Types", "bytea Hex Format").

use super::escape;
use crate::copy::input::charset::Charset;
use std::borrow::Cow;

/// The hexadecimal digits of a value that is written as SQL Server and MySQL do.
fn digits(value: &[u8]) -> Option<&[u8]> {
    let digits = value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X"))?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)
}

/// Appends `value` to `out`, in COPY's text format.
///
/// # Errors
/// As for text.
pub fn push(out: &mut Vec<u8>, value: &[u8], charset: Charset) -> Result<(), String> {
    match digits(value) {
        Some(digits) => {
            out.extend_from_slice(b"\\\\x");
            out.extend_from_slice(digits);
            Ok(())
        }
        None => escape::push(out, value, charset),
    }
}

/// The text that PostgreSQL's input function is to read.
pub fn input(value: Cow<'_, str>) -> Cow<'_, str> {
    match digits(value.as_bytes()) {
        Some(_) => Cow::Owned(format!("\\x{}", &value[2..])),
        None => value,
    }
}
