//! Words of generated texts, in Latin-1 (ISO-8859-1). None needs quotes.

use fake::locales::{Data, EN};
use std::sync::LazyLock;

/// Words of one kind.
#[derive(Debug)]
pub struct Words {
    /// The words.
    pub list: Vec<Vec<u8>>,
    /// The length of the longest word (bytes, which are also its characters).
    pub longest: usize,
}

/// Remarks about people: many letters beyond ASCII, signs, a backslash, a tab, and a character that Latin-1 has and
/// windows-1252 has not.
const PHRASES: [&str; 16] = [
    "½ day on Fridays",
    "première année",
    "trägt Größe 44",
    "señal débil",
    "naïve façade",
    "paid 10 ¤",
    "C:\\temp\\new",
    "tab\there",
    "± 3 °C, ¼ µm",
    "£20 ÷ 4 × 2",
    "¿qué tal?",
    "ÀÈÌÒÙ àèìòù",
    "ÿ \u{a0} Æ Ð Þ",
    "null",
    "he said \"no\"",
    "\\N",
];

/// Subjects of courses.
pub static SUBJECTS: LazyLock<Words> = LazyLock::new(|| Words::of(&[EN::COMPANY_INDUSTRY]));
/// Words without a meaning.
pub static FILLERS: LazyLock<Words> = LazyLock::new(|| Words::of(&[EN::LOREM_WORD]));
/// Remarks.
pub static REMARKS: LazyLock<Words> = LazyLock::new(|| Words::of(&[&PHRASES]));

impl Words {
    /// The words of `lists` that Latin-1 can write, and that need no quotes in a data file.
    fn of(lists: &[&[&str]]) -> Words {
        let plain = |word: &Vec<u8>| {
            !word.is_empty() && !word.iter().any(|byte| matches!(byte, b'|' | b'`' | b'\r' | b'\n' | 0))
        };
        let list: Vec<Vec<u8>> =
            lists.iter().flat_map(|list| list.iter()).filter_map(|word| latin1(word)).filter(plain).collect();
        let longest = list.iter().map(Vec::len).max().unwrap_or(0);
        Words { list, longest }
    }
}

/// The text in Latin-1 (its bytes are the first 256 code points of Unicode); none if a letter is missing there.
pub fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_many_words_and_letters_beyond_ascii_among_them() {
        for (words, at_least) in [(&SUBJECTS, 100), (&FILLERS, 200)] {
            assert!(words.list.len() > at_least, "{}", words.list.len());
        }
        let bytes = REMARKS.list.concat();
        for byte in latin1("éößñÞ¤½").unwrap() {
            assert!(bytes.contains(&byte), "{byte:#x}");
        }
    }

    #[test]
    fn nothing_of_the_short_lists_is_left_out() {
        assert_eq!(REMARKS.list.len(), PHRASES.len());
    }

    #[test]
    fn what_latin1_lacks_is_left_out() {
        assert_eq!(latin1("Łucja"), None);
        assert_eq!(latin1("Zoë"), Some(b"Zo\xeb".to_vec()));
    }
}
