//! Words that users are made of, and cities by country.

use fake::locales::{Data, EN};
use std::sync::LazyLock;

/// A country with its cities, and the forms of its post codes and telephone numbers.
#[derive(Debug, Clone, Copy)]
pub struct Country {
    /// Its name.
    pub name: &'static str,
    /// Five of its cities.
    pub cities: [&'static str; 5],
    /// The form of a post code: `N` for a digit but 0, `#` for any digit, `A` for a letter.
    pub post_code: &'static str,
    /// The form of a telephone number, in the same way.
    pub phone: &'static str,
}

/// The countries and their cities; those of the generator that this one replaces.
pub static COUNTRIES: [Country; 3] = [
    Country {
        name: "Germany",
        cities: ["Göttingen", "Berlin", "Munich", "Hamburg", "Cologne"],
        post_code: "N####",
        phone: "+49 N## #######",
    },
    Country {
        name: "Netherlands",
        cities: ["Amsterdam", "Rotterdam", "The Hague", "Utrecht", "Eindhoven"],
        post_code: "N### AA",
        phone: "+31 N# #######",
    },
    Country {
        name: "UK",
        cities: ["London", "Manchester", "Nottingham", "Liverpool", "Edinburgh"],
        post_code: "AAN #AA",
        phone: "+44 7### ######",
    },
];

/// Names of a device's system; those of the generator that this one replaces.
pub static SYSTEM_TRIPLETS: [&str; 10] = [
    "x86_64-pc-linux-gnu",
    "i686-pc-linux-gnu",
    "aarch64-pc-linux-gnu",
    "x86_64-pc-macosx",
    "x86_64-pc-win32",
    "x86_64-pc-win64",
    "x86_64-pc-android",
    "armv7l-pc-android",
    "x86_64-pc-freebsd",
    "i686-pc-freebsd",
];

/// Domains that receive no mail (RFC 2606, section 3).
pub static DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];

/// First names.
pub static FIRST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(EN::NAME_FIRST_NAME));
/// Last names; streets have them, too.
pub static LAST_NAMES: LazyLock<Vec<Name>> = LazyLock::new(|| names(EN::NAME_LAST_NAME));
/// The ends of streets' names.
pub static STREET_SUFFIXES: &[&str] = EN::ADDRESS_STREET_SUFFIX;

/// A name, and its form in an account's name.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// As it is written.
    pub text: &'static str,
    /// Its letters in lower case.
    pub account: &'static str,
}

fn names(words: &[&'static str]) -> Vec<Name> {
    let account = |word: &str| {
        let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        // The lists are made once and needed until the end.
        &*letters.to_ascii_lowercase().leak()
    };
    words.iter().map(|word| Name { text: word, account: account(word) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The writers rely on it: they neither quote nor escape.
    #[test]
    fn no_word_needs_quotes_or_escapes_in_json_or_csv() {
        let plain =
            |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_control() || "\"\\,".contains(c));
        let names = FIRST_NAMES.iter().chain(LAST_NAMES.iter());
        let places = COUNTRIES.iter().flat_map(|country| country.cities.into_iter().chain([country.name]));
        let words = names.map(|name| name.text).chain(STREET_SUFFIXES.iter().copied()).chain(places);
        for word in words.chain(SYSTEM_TRIPLETS).chain(DOMAINS) {
            assert!(plain(word), "{word:?}");
        }
    }

    #[test]
    fn accounts_have_letters_only() {
        assert!(LAST_NAMES.iter().any(|name| name.text == "O'Hara" && name.account == "ohara"));
        for name in FIRST_NAMES.iter().chain(LAST_NAMES.iter()) {
            assert!(!name.account.is_empty() && name.account.bytes().all(|b| b.is_ascii_lowercase()));
        }
    }
}
