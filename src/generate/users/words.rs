//! Words that users are made of, in all countries, and the names of their accounts.

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

/// A name, and its form in an account's name.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// As it is written.
    pub text: &'static str,
    /// Its letters in lower case, in ASCII.
    pub account: &'static str,
}

/// The names of a list. The library's lists hold mistakes (`FAnke`, `Floris,`) and names of other countries' alphabets,
/// which are left out.
pub fn names(words: &[&'static str]) -> Vec<Name> {
    let named = |word: &&'static str| account(word).map(|account| Name { text: word, account });
    words.iter().filter_map(named).collect()
}

/// A name's form in an account's name; `None` for what is no name.
fn account(name: &str) -> Option<&'static str> {
    let mut account = String::new();
    let mut is_capital = false;
    for c in name.chars() {
        let was_capital = std::mem::replace(&mut is_capital, c.is_uppercase());
        match letters(c) {
            Some(_) if was_capital && is_capital => return None,
            Some(letters) => account.push_str(letters),
            None if matches!(c, ' ' | '-' | '\'') => {}
            None => return None,
        }
    }
    // The lists are made once and needed until the end.
    (!account.is_empty()).then(|| &*account.leak())
}

/// How a letter of Latin-1 is written in ASCII and in lower case, by German rules for German letters.
pub fn letters(letter: char) -> Option<&'static str> {
    const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";
    let lower = letter.to_lowercase().next()?;
    Some(match lower {
        'a'..='z' => {
            let at = (lower as u8 - b'a') as usize;
            &ALPHABET[at..=at]
        }
        'ä' | 'æ' => "ae",
        'ö' | 'ø' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'å' => "aa",
        'à' | 'á' | 'â' | 'ã' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ù' | 'ú' | 'û' => "u",
        'ý' | 'ÿ' => "y",
        'ð' => "d",
        'þ' => "th",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_needs_quotes_or_escapes_in_json_or_csv() {
        for word in SYSTEM_TRIPLETS.into_iter().chain(DOMAINS) {
            assert!(word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{word:?}");
        }
    }

    #[test]
    fn accounts_have_letters_only_and_mistakes_are_left_out() {
        let accounts = |words: &[&'static str]| -> Vec<&str> {
            names(words).into_iter().map(|name| name.account).collect()
        };
        assert_eq!(
            accounts(&[
                "O'Hara",
                "Müller-Weiß",
                "van den Berg",
                "Åsa",
                "Zoë",
                "Floris,",
                "FAnke",
                "Ćosić",
                ""
            ]),
            ["ohara", "muellerweiss", "vandenberg", "aasa", "zoe"]
        );
    }
}
