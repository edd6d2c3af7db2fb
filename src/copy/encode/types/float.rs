//! `real` and `double precision`.
//!
//! The standard library's parser rounds correctly, as `strtof` and `strtod` of the server's C library do, so both give the
//! same bits. For numbers beyond the range (an error) or below it (an error, or a subnormal number), the result depends on
//! that library, and the server decides.

use crate::copy::encode::binary::push_array;
use std::num::FpCategory;

/// Appends a `real` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows decimals, with or without a sign, a point and an exponent.
pub fn push_float4(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(number) = decimal(value).and_then(|text| text.parse::<f32>().ok()) else { return false };
    if !is_certain(number.classify(), value) {
        return false;
    }
    push_array(out, number.to_be_bytes());
    true
}

/// Appends a `double precision`; as [`push_float4`].
pub fn push_float8(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(number) = decimal(value).and_then(|text| text.parse::<f64>().ok()) else { return false };
    if !is_certain(number.classify(), value) {
        return false;
    }
    push_array(out, number.to_be_bytes());
    true
}

/// The text, if its only letter is an exponent's: the parser also knows words.
#[inline]
fn decimal(value: &[u8]) -> Option<&str> {
    let plain = value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    if plain { std::str::from_utf8(value).ok() } else { None }
}

#[inline]
fn is_certain(category: FpCategory, value: &[u8]) -> bool {
    match category {
        FpCategory::Normal => true,
        // Zero itself, not a number that is too small.
        FpCategory::Zero => {
            let mut mantissa = value.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
            mantissa.all(|byte| !matches!(byte, b'1'..=b'9'))
        }
        FpCategory::Subnormal | FpCategory::Infinite | FpCategory::Nan => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float8(text: &str) -> Option<f64> {
        let mut out = Vec::new();
        push_float8(&mut out, text.as_bytes()).then(|| f64::from_be_bytes(out[4..].try_into().unwrap()))
    }

    #[test]
    fn decimals() {
        for (text, number) in [
            ("0", 0.0),
            ("1.5", 1.5),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("+1e-5", 1e-5),
            ("1E+300", 1e300),
            ("0e-999", 0.0),
        ] {
            assert_eq!(float8(text), Some(number), "{text}");
        }
        assert!(float8("-0.0").unwrap().is_sign_negative());
    }

    #[test]
    fn what_the_server_decides() {
        for text in [
            "", ".", "-", "e5", "1e", "1e400", "1e-400", "5e-324", "inf", "nan", "Infinity", "0x1p3", " 1",
            "1,5",
        ] {
            assert_eq!(float8(text), None, "{text}");
        }
        let mut out = Vec::new();
        assert!(!push_float4(&mut out, b"1e39") && !push_float4(&mut out, b"1e-39") && out.is_empty());
        assert!(push_float4(&mut out, b"0.1"));
        assert_eq!(out, [&[0, 0, 0, 4][..], &0.1_f32.to_be_bytes()].concat());
    }
}
