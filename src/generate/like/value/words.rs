//! Texts of a length, which tell positions apart.

use crate::generate::random::mixed;
use crate::generate::text::push_long_number;
use fake::locales::{Data, EN};

/// What texts are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Words.
    Words,
    /// A mail address at a domain that receives no mail.
    Mail,
    /// An address of a page that does not exist.
    Page,
    /// Capital letters.
    Capitals,
}

/// How long texts are (characters, which are bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// The shortest text.
    pub least: u32,
    /// The usual length.
    pub usual: u32,
    /// The longest text.
    pub most: u32,
}

const LETTERS: u64 = 26;
/// The length of a text of which no length is known.
const USUAL: u32 = 12;

impl Length {
    /// Of a column whose values have so many bytes on average, if that is known, and at most so many characters.
    pub fn new(usual: Option<u32>, most: Option<u32>) -> Length {
        let most = most.unwrap_or(u32::MAX);
        Length { least: 1, usual: usual.unwrap_or(USUAL).clamp(1, most), most }
    }

    /// The number of different texts.
    pub fn choices(self) -> u64 {
        // A text of the shortest length is filled up by letters, so each count of letters adds its own texts.
        LETTERS.checked_pow(self.most).unwrap_or(u64::MAX).min(i64::MAX as u64)
    }
}

/// Appends a text.
pub fn push_text(out: &mut Vec<u8>, wording: Wording, length: Length, position: u64) {
    const MAIL: &[u8] = b"@example.com";
    const PAGE: &[u8] = b"https://example.com/";
    let fits = |affix: &[u8]| length.most as usize >= affix.len() + 14;
    match wording {
        Wording::Mail if fits(MAIL) => {
            out.extend_from_slice(word(position, 0).as_bytes());
            push_long_number(out, position);
            out.extend_from_slice(MAIL);
        }
        Wording::Page if fits(PAGE) => {
            out.extend_from_slice(PAGE);
            push_letters(out, position, 0, b'a');
        }
        Wording::Capitals => push_letters(out, position, length.least.max(length.usual.min(3)), b'A'),
        _ => push_words(out, length, position),
    }
}

/// Words, and behind them the letters that tell the text apart.
fn push_words(out: &mut Vec<u8>, length: Length, position: u64) {
    let start = out.len();
    // From half of the usual length to one and a half.
    let usual = u64::from(length.usual);
    let wanted = (usual / 2 + mixed(position) % (usual + 1)).max(u64::from(length.least));
    let wanted = wanted.min(u64::from(length.most)) as usize;
    let letters = letters_of(position) as usize;
    for number in 0.. {
        let word = word(position, number);
        if out.len() - start + word.len() + 1 + letters > wanted {
            break;
        }
        out.extend_from_slice(word.as_bytes());
        out.push(b' ');
    }
    let missing = (length.least as usize).saturating_sub(out.len() - start);
    push_letters(out, position, missing as u32, b'a');
}

fn word(position: u64, number: u64) -> &'static str {
    let words = EN::LOREM_WORD;
    words[(mixed(position ^ mixed(number)) % words.len() as u64) as usize]
}

/// The number of letters of a position.
fn letters_of(position: u64) -> u32 {
    position.checked_ilog(LETTERS).map_or(1, |digits| digits + 1)
}

/// Appends the position in letters, filled up to `least` of them by the letter of the digit 0.
fn push_letters(out: &mut Vec<u8>, position: u64, least: u32, zero: u8) {
    let count = letters_of(position).max(least);
    let start = out.len();
    let mut rest = position;
    for _ in 0..count {
        // A letter of the alphabet.
        out.push(zero + (rest % LETTERS) as u8);
        rest /= LETTERS;
    }
    out[start..].reverse();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn text(wording: Wording, length: Length, position: u64) -> String {
        let mut out = Vec::new();
        push_text(&mut out, wording, length, position);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_differ_and_keep_to_their_lengths() {
        for (usual, most) in
            [(None, None), (Some(3), Some(3)), (Some(40), Some(50)), (Some(9), Some(255)), (Some(1), None)]
        {
            for least in [1, 3] {
                let length = Length { least, ..Length::new(usual, most) };
                for wording in [Wording::Words, Wording::Mail, Wording::Page, Wording::Capitals] {
                    let texts: HashSet<String> =
                        (0..5000).map(|position| text(wording, length, position)).collect();
                    assert_eq!(texts.len(), 5000, "{wording:?} {length:?}");
                    let fits =
                        |text: &String| (length.least as usize..=length.most as usize).contains(&text.len());
                    assert!(texts.iter().all(fits), "{wording:?} {length:?}");
                }
            }
        }
        let length = Length::new(Some(30), None);
        let bytes: usize = (0..1000).map(|position| text(Wording::Words, length, position).len()).sum();
        assert!((20_000..34_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn short_types_have_few_texts() {
        let length = Length::new(None, Some(1));
        assert_eq!(length.choices(), 26);
        assert_eq!([0, 25].map(|position| text(Wording::Words, length, position)), ["a", "z"]);
        assert_eq!(Length::new(None, None).choices(), i64::MAX as u64);
    }
}
