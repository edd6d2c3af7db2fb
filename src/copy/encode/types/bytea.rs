//! `bytea` in hexadecimal: `\xDEAD`, as PostgreSQL writes it (PostgreSQL documentation, "Binary Data Types", "bytea Hex
//! Format"), or `0xDEAD`, as SQL Server and MySQL do.

use super::parts::digits::{NOT_HEXADECIMAL, hexadecimal};

/// Appends the field and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows `\x` and `0x` before an even number of digits.
pub fn push_bytea(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let ([b'\\', b'x', digits @ ..] | [b'0', b'x' | b'X', digits @ ..]) = value else { return false };
    if digits.len() % 2 != 0 {
        return false;
    }
    let start = out.len();
    out.reserve(4 + digits.len() / 2);
    // The server allows 1 GB, and rows are limited to far less.
    out.extend_from_slice(&((digits.len() / 2) as i32).to_be_bytes());
    let mut invalid = 0;
    out.extend(digits.chunks_exact(2).map(|pair| {
        let (high, low) = (hexadecimal(pair[0]), hexadecimal(pair[1]));
        invalid |= high | low;
        high << 4 | low
    }));
    let valid = invalid < NOT_HEXADECIMAL;
    if !valid {
        out.truncate(start);
    }
    valid
}

/// Rewrites `0xDEAD` for PostgreSQL's input function: the start `\x`, and the digits. `None` for other values.
pub fn respell(value: &[u8]) -> Option<(&'static str, &[u8])> {
    let [b'0', b'x' | b'X', digits @ ..] = value else { return None };
    digits.iter().all(u8::is_ascii_hexdigit).then_some(("\\x", digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_of_others_is_respelled() {
        assert_eq!(respell(b"0xABC"), Some(("\\x", &b"ABC"[..])));
        assert_eq!(respell(b"0X"), Some(("\\x", &b""[..])));
        for text in [&b"\\xAB"[..], b"0xAG", b"0", b"AB", b""] {
            assert_eq!(respell(text), None, "{text:?}");
        }
    }

    #[test]
    fn hexadecimal_of_every_origin() {
        for (text, bytes) in [
            ("\\xDEad", &b"\xde\xad"[..]),
            ("0xDEAD", b"\xde\xad"),
            ("0Xdead", b"\xde\xad"),
            ("0x", b""),
            ("\\x", b""),
        ] {
            let mut out = Vec::new();
            assert!(push_bytea(&mut out, text.as_bytes()), "{text}");
            assert_eq!(out[..4], (bytes.len() as i32).to_be_bytes(), "{text}");
            assert_eq!(&out[4..], bytes, "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in ["", "0", "\\", "\\xA", "0xABC", "0xAG", "\\X00", "\\x00 11", "DEAD", "abc"] {
            let mut out = b"kept".to_vec();
            assert!(!push_bytea(&mut out, text.as_bytes()), "{text}");
            assert_eq!(out, b"kept", "{text}");
        }
    }
}
