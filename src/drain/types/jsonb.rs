//! Whether `jsonb` holds a text.

use super::numbers::numeric_holds;
use memchr::{memchr, memchr2};
use serde::de::IgnoredAny;

/// Deeper JSON may be more than the server's stack has room for (`max_stack_depth`).
const MOST_LEVELS: usize = 1_000;

/// Whether `jsonb` holds a text: JSON without a NUL character, without half a pair of surrogates, without a number beyond
/// `numeric`, without an object that has a key twice (of which `jsonb` keeps the last), and with no more levels than the server can go
/// down.
pub fn jsonb_holds(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok() && holds_what_is_valid(text.as_bytes())
}

/// As [`jsonb_holds`], for a text that is JSON.
fn holds_what_is_valid(json: &[u8]) -> bool {
    let mut objects = Objects::default();
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'"' => match string_end(json, at + 1) {
                Some(end) => {
                    objects.string(&json[at..end]);
                    at = end;
                }
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
            b'[' | b'{' if objects.levels.len() == MOST_LEVELS => return false,
            sign @ (b'[' | b'{') => {
                objects.open(sign == b'{');
                at += 1;
            }
            b']' | b'}' => {
                if !objects.close() {
                    return false;
                }
                at += 1;
            }
            b',' => {
                objects.comma();
                at += 1;
            }
            _ => at += 1,
        }
    }
    true
}

/// The keys of the objects that a position is in.
#[derive(Default)]
struct Objects<'j> {
    /// The keys of all open objects, with their quotes.
    keys: Vec<&'j [u8]>,
    /// For each open object, where its keys begin; none for a list.
    levels: Vec<Option<usize>>,
    /// Whether the next string is a key.
    is_key_next: bool,
}

impl<'j> Objects<'j> {
    fn open(&mut self, is_object: bool) {
        self.levels.push(is_object.then_some(self.keys.len()));
        self.is_key_next = is_object;
    }

    fn comma(&mut self) {
        self.is_key_next = matches!(self.levels.last(), Some(Some(_)));
    }

    fn string(&mut self, quoted: &'j [u8]) {
        if std::mem::take(&mut self.is_key_next) {
            self.keys.push(quoted);
        }
    }

    /// Ends an object or a list. Gives whether its keys are different.
    fn close(&mut self) -> bool {
        self.is_key_next = false;
        let Some(Some(begin)) = self.levels.pop() else { return true };
        let are_different = are_different(&mut self.keys[begin..]);
        self.keys.truncate(begin);
        are_different
    }
}

/// Whether no key is there twice.
fn are_different(keys: &mut [&[u8]]) -> bool {
    /// So few are compared with each other.
    const FEW: usize = 8;
    if keys.iter().any(|key| memchr(b'\\', key).is_some()) {
        // The same character may stand there in two ways.
        let mut texts: Vec<Option<String>> =
            keys.iter().map(|key| serde_json::from_slice(key).ok()).collect();
        texts.sort_unstable();
        return texts.windows(2).all(|pair| pair[0] != pair[1]);
    }
    if keys.len() <= FEW {
        return keys.iter().enumerate().all(|(place, key)| !keys[..place].contains(key));
    }
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
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
            r#"{"a": {"a": "a", "b": ["a", {"a": 1}]}, "b": "a"}"#,
            r#"[{"a": 1}, {"a": 1}]"#,
            r#"{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9}"#,
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
            r#"{"a": 1, "a": 2}"#,
            r#"{"b": [{"a": 1, "b": {}, "a": 1}]}"#,
            r#"{"a": 1, "\u0061": 2}"#,
            r#"{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "a": 9}"#,
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
