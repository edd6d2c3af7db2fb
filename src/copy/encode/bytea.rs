//! Binary strings: SQL Server and MySQL write `0xDEAD` where PostgreSQL reads `\xDEAD`
//! (PostgreSQL documentation, "Binary Data Types", "bytea Hex Format").

use super::text;
use crate::copy::charset::Charset;

/// Appends `value` to `out`.
///
/// # Errors
/// As for text.
pub fn push(out: &mut Vec<u8>, value: &[u8], charset: Charset) -> Result<(), String> {
    match value.strip_prefix(b"0x").or_else(|| value.strip_prefix(b"0X")) {
        Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => {
            out.extend_from_slice(b"\\\\x");
            out.extend_from_slice(digits);
            Ok(())
        }
        _ => text::push(out, value, charset),
    }
}
