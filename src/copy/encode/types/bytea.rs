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

/// Writes `0xDEAD` to `out` as PostgreSQL's input function reads it, `\xDEAD`, and returns true; returns false for other
/// values, and leaves `out` as it was.
pub fn respell(value: &[u8], out: &mut Vec<u8>) -> bool {
    let [b'0', b'x' | b'X', digits @ ..] = value else { return false };
    let is_known = digits.iter().all(u8::is_ascii_hexdigit);
    if is_known {
        out.extend_from_slice(b"\\x");
        out.extend_from_slice(digits);
    }
    is_known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_of_others_is_respelled() {
        let respelled = |value: &[u8]| {
            let mut out = b"kept".to_vec();
            (respell(value, &mut out), String::from_utf8(out).unwrap())
        };
        assert_eq!(respelled(b"0xABC"), (true, "kept\\xABC".to_owned()));
        assert_eq!(respelled(b"0X"), (true, "kept\\x".to_owned()));
        for text in [&b"\\xAB"[..], b"0xAG", b"0", b"AB", b""] {
            assert_eq!(respelled(text), (false, "kept".to_owned()), "{text:?}");
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
