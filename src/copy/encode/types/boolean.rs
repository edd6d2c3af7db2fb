//! `boolean`.

use crate::copy::encode::binary::push_array;

/// The longest word, `false`.
const LONGEST: usize = 5;

/// The meaning of each single letter or digit. It is a table, since no processor can foresee the next value of a column.
static LETTERS: [Option<bool>; 256] = {
    let mut letters = [None; 256];
    let mut at = 0;
    while at < 5 {
        letters[b"1tTyY"[at] as usize] = Some(true);
        letters[b"0fFnN"[at] as usize] = Some(false);
        at += 1;
    }
    letters
};

/// Appends the field and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows the words of the PostgreSQL documentation, "Boolean Type", in any case. The server reads their beginnings, such
/// as `tru`.
pub fn push_boolean(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(boolean) = parse(value) else { return false };
    push_array(out, [u8::from(boolean)]);
    true
}

fn parse(value: &[u8]) -> Option<bool> {
    if let [letter] = value {
        return LETTERS[usize::from(*letter)];
    }
    let mut word = [0; LONGEST];
    let word = word.get_mut(..value.len())?;
    word.copy_from_slice(value);
    word.make_ascii_lowercase();
    match &*word {
        b"true" | b"yes" | b"on" => Some(true),
        b"false" | b"no" | b"off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_any_case() {
        for word in ["1", "t", "T", "true", "True", "TRUE", "y", "yes", "on", "ON"] {
            assert_eq!(parse(word.as_bytes()), Some(true), "{word}");
        }
        for word in ["0", "f", "F", "false", "False", "FALSE", "n", "no", "off"] {
            assert_eq!(parse(word.as_bytes()), Some(false), "{word}");
        }
        for word in ["", "2", "o", "of", "tru", " 1", "01", "falsehood", "\0", "\u{1}"] {
            assert_eq!(parse(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn the_field_is_one_byte() {
        let mut out = Vec::new();
        assert!(
            push_boolean(&mut out, b"1") && push_boolean(&mut out, b"off") && !push_boolean(&mut out, b"2")
        );
        assert_eq!(out, b"\0\0\0\x01\x01\0\0\0\x01\0");
    }
}
