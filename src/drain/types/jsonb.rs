//! Whether `jsonb` holds a text.

use super::numbers::numeric_holds;
use memchr::memchr2;
use serde::de::IgnoredAny;

/// Deeper JSON may be more than the server's stack has room for (`max_stack_depth`).
const MOST_LEVELS: usize = 1_000;

/// Whether `jsonb` holds a text: JSON without a NUL character, without half a pair of surrogates, without a number beyond
/// `numeric`, and with no more levels than the server can go down.
pub fn jsonb_holds(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok() && holds_what_is_valid(text.as_bytes())
}

/// As [`jsonb_holds`], for a text that is JSON.
fn holds_what_is_valid(json: &[u8]) -> bool {
    let (mut at, mut levels) = (0, 0_usize);
    while at < json.len() {
        match json[at] {
            b'"' => match string_end(json, at + 1) {
                Some(end) => at = end,
                None => return false,
            },
            b'-' | b'0'..=b'9' => {
                let end = json[at..].iter().position(|byte| b",]} \t\r\n".contains(byte));
                let end = end.map_or(json.len(), |length| at + length);
                if !numeric_holds(&json[at..end]) {
                    return false;
                }
                at = end;
            }
            b'[' | b'{' if levels == MOST_LEVELS => return false,
            b'[' | b'{' => {
                levels += 1;
                at += 1;
            }
            b']' | b'}' => {
                levels = levels.saturating_sub(1);
                at += 1;
            }
            _ => at += 1,
        }
    }
    true
}

/// The position after the quote that closes a string; none if the string holds a character that no text can have.
fn string_end(json: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', &json[at..])?;
        match json[at..] {
            [b'"', ..] => return Some(at + 1),
            [b'\\', b'u', ..] => {
                let unit = escaped(&json[at..])?;
                at += ESCAPED;
                match unit {
                    0 | 0xDC00..=0xDFFF => return None,
                    0xD800..=0xDBFF => {
                        escaped(&json[at..]).filter(|low| (0xDC00..=0xDFFF).contains(low))?;
                        at += ESCAPED;
                    }
                    _ => {}
                }
            }
            _ => at += 2,
        }
    }
}

/// Bytes of `\\u00e9`.
const ESCAPED: usize = 6;

/// The UTF-16 unit of the escape, such as `\\u00e9`, that the text begins with; none if it begins with none.
fn escaped(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_refuses_does_not_hold() {
        for text in [
            "{}",
            "null",
            r#"{"a": [1e5, "\u00e9\ud83d\ude00", {"\u00e9\\u0000": null}], "e": -0.5E+3}"#,
            "\"1e99999\"",
            r#"["\\", "\"", 16]"#,
        ] {
            assert!(jsonb_holds(text), "{text}");
        }
        for text in [
            "",
            "[1",
            "nul",
            r#"{"a": [1e5, {"\u0000": null}]}"#,
            r#"[[["\ud800"]]]"#,
            r#"["\ud800x"]"#,
            r#"["\ud800\u0041"]"#,
            r#"["\udc00"]"#,
            "[1e20000]",
            "[1e20000, 1]",
        ] {
            assert!(!jsonb_holds(text), "{text}");
        }
    }

    #[test]
    fn depth_has_a_limit_and_takes_no_stack() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(jsonb_holds(&nested(MOST_LEVELS)) && !jsonb_holds(&nested(MOST_LEVELS + 1)));
        assert!(!jsonb_holds(&nested(1_000_000)));
    }
}
