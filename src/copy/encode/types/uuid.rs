//! `uuid`.

use super::parts::digits::{NOT_HEXADECIMAL, hexadecimal};
use crate::copy::encode::binary::push_array;

/// Where the canonical form has hyphens (RFC 9562, section 4).
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// Appends the field and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows the canonical form and the form without hyphens, with or without braces, in either case.
pub fn push_uuid(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(uuid) = parse(value) else { return false };
    push_array(out, uuid);
    true
}

#[inline]
fn parse(value: &[u8]) -> Option<[u8; 16]> {
    let value = match value {
        [b'{', inner @ .., b'}'] => inner,
        plain => plain,
    };
    if let Ok(canonical) = <&[u8; 36]>::try_from(value) {
        return from_canonical(canonical);
    }
    let mut invalid = 0;
    let mut uuid = [0; 16];
    let digits = <&[u8; 32]>::try_from(value).ok()?;
    for (byte, pair) in uuid.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (hexadecimal(pair[0]), hexadecimal(pair[1]));
        invalid |= high | low;
        *byte = high << 4 | low;
    }
    (invalid < NOT_HEXADECIMAL).then_some(uuid)
}

#[inline]
fn from_canonical(value: &[u8; 36]) -> Option<[u8; 16]> {
    /// Where the two digits of each byte begin.
    const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let mut invalid = 0;
    let mut uuid = [0; 16];
    for (byte, at) in uuid.iter_mut().zip(PAIRS) {
        let (high, low) = (hexadecimal(value[at]), hexadecimal(value[at + 1]));
        invalid |= high | low;
        *byte = high << 4 | low;
    }
    (invalid < NOT_HEXADECIMAL && HYPHENS.iter().all(|at| value[*at] == b'-')).then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_plain_and_in_braces() {
        let expected = Some(*b"\x6f\x96\x19\xff\x8b\x86\xd0\x11\xb4\x2d\x00\xc0\x4f\xc9\x64\xff");
        for text in [
            "6F9619FF-8B86-D011-B42D-00C04FC964FF",
            "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            "{6F9619FF-8B86-D011-B42D-00C04FC964FF}",
            "6F9619FF8B86D011B42D00C04FC964FF",
            "{6f9619ff8b86d011b42d00c04fc964ff}",
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in [
            "",
            "{}",
            "{6F9619FF-8B86-D011-B42D-00C04FC964FF",
            "6F9619FF-8B86-D011-B42D-00C04FC964F",
            "6F9619FF-8B86-D011-B42D-00C04FC964FG",
            "6F9619FF+8B86-D011-B42D-00C04FC964FF",
            "6F9619F-F8B86-D011-B42D-00C04FC964FF",
            "6F96-19FF-8B86-D011-B42D-00C0-4FC9-64FF",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
