//! Documents of JSON that the server certainly takes.

use serde::de::IgnoredAny;

/// Whether the server takes a value as `json` and as `jsonb`. `false` says nothing: the server is to be asked.
///
/// What `serde_json` reads, the server reads as well, but for escapes of characters, such as `\u0000` and halves of pairs, and for
/// numbers of an exponent that no `numeric` has.
pub fn is_certain(value: &[u8]) -> bool {
    let has_exponent =
        || value.windows(2).any(|pair| pair[0].is_ascii_digit() && matches!(pair[1], b'e' | b'E'));
    let has_escape = || value.windows(2).any(|pair| pair == b"\\u");
    // Other encodings than ASCII are for the server to judge: they are decoded for it.
    value.is_ascii()
        && !has_exponent()
        && !has_escape()
        && serde_json::from_slice::<IgnoredAny>(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_refused_is_not_certain() {
        for value in ["{}", "[1, -2.5, \"a\\n\"]", " null ", "{\"a\": {\"b\": true}}"] {
            assert!(is_certain(value.as_bytes()), "{value}");
        }
        for value in [
            "",
            "{",
            "{'a': 1}",
            "\"\\u0000\"",
            "[1e9]",
            "[1E999999]",
            "\"\t\"",
            "01",
            "NaN",
            "\"é\"",
            "{} x",
        ] {
            assert!(!is_certain(value.as_bytes()), "{value}");
        }
    }
}
