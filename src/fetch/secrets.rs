//! Secrets, which are never printed, logged or stored: values of environment variables in URLs, headers and bodies.

use crate::run::web::percent_encoded;
use crate::secret::without_passwords;

/// Shorter values are not hidden: they would hide half of each message.
const LEAST_BYTES: usize = 4;
const HIDDEN: &str = "***";

/// The secrets of a job.
#[derive(Clone, Default)]
pub struct Secrets {
    plain: Vec<String>,
    /// All forms in which they may stand in a text, the longest first.
    forms: Vec<String>,
}

impl Secrets {
    /// The secrets among these values. The longest comes first, since it may contain another one.
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= LEAST_BYTES).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        let mut forms: Vec<String> = values.iter().flat_map(|value| forms(value)).collect();
        forms.retain(|form| form.len() >= LEAST_BYTES);
        forms.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        forms.dedup();
        Secrets { plain: values, forms }
    }

    /// The text with `***` for every secret, however it is encoded, and for whatever looks like one.
    pub fn hide(&self, text: &str) -> String {
        let hidden = self.forms.iter().fold(text.to_owned(), |text, form| text.replace(form, HIDDEN));
        without_passwords(&hidden)
    }

    /// The text with a mark for every secret, which [`Secrets::restore`] knows.
    pub fn fold(&self, text: &str) -> String {
        let fold = |text: String, (number, secret): (usize, &String)| text.replace(secret, &mark(number));
        self.plain.iter().enumerate().fold(text.to_owned(), fold)
    }

    /// Undoes [`Secrets::fold`].
    pub fn restore(&self, text: &str) -> String {
        let restore = |text: String, (number, secret): (usize, &String)| text.replace(&mark(number), secret);
        self.plain.iter().enumerate().fold(text.to_owned(), restore)
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The forms in which an API, a proxy or a message may give a secret back: as it is; escaped as in JSON, once or twice, and as
/// messages quote it; percent-encoded with either kind of digits; in base64, wherever it begins there.
fn forms(secret: &str) -> Vec<String> {
    let inner =
        |quoted: String| quoted.trim_start_matches('"').strip_suffix('"').unwrap_or_default().to_owned();
    let ascii = |text: &str| -> String {
        let escaped = |c: char| if c.is_ascii() { c.to_string() } else { utf16(c) };
        text.chars().map(escaped).collect()
    };
    let json = serde_json::to_string(secret).map(inner).unwrap_or_default();
    let jsons = [json.clone(), json.replace('/', "\\/"), ascii(&json), upper(&ascii(&json), "\\u", 4)];
    let quoted =
        jsons.iter().chain([&secret.to_owned()]).map(|text| inner(format!("{text:?}"))).collect::<Vec<_>>();
    let percent = percent_encoded(secret).to_string();
    let all: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = vec![secret.to_owned(), percent.replace("%20", "+"), lower(&percent, "%", 2), percent];
    forms.extend([all.to_lowercase(), all]);
    forms.extend(jsons.into_iter().chain(quoted));
    for lead in 0..3 {
        let standard = base64_inside(secret.as_bytes(), lead);
        forms.extend([standard.replace('+', "-").replace('/', "_"), standard]);
    }
    forms
}

/// The text with the digits behind each `mark` in lower case.
fn lower(text: &str, mark: &str, digits: usize) -> String {
    recased(text, mark, digits, str::to_lowercase)
}

/// The text with the digits behind each `mark` in upper case.
fn upper(text: &str, mark: &str, digits: usize) -> String {
    recased(text, mark, digits, str::to_uppercase)
}

fn recased(text: &str, mark: &str, digits: usize, recase: impl Fn(&str) -> String) -> String {
    let mut parts = text.split(mark);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let (escape, rest) = part.split_at_checked(digits).unwrap_or((part, ""));
        out + mark + &recase(escape) + rest
    })
}

/// A character as escapes of UTF-16, as JSON writes it.
fn utf16(c: char) -> String {
    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

/// The part of the base64 of `lead` bytes, these bytes and others that depends on these bytes alone.
fn base64_inside(bytes: &[u8], lead: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |place: usize| bytes.get(place / 8).map_or(0, |byte| usize::from(byte >> (7 - place % 8) & 1));
    // The first digit whose six bits are all ours begins after the bits of the lead.
    let first = (8 * lead).div_ceil(6) * 6 - 8 * lead;
    let digits = (8 * bytes.len()).saturating_sub(first) / 6;
    let digit = |number: usize| (0..6).fold(0, |digit, place| digit << 1 | bit(first + 6 * number + place));
    (0..digits).map(|number| char::from(DIGITS[digit(number)])).collect()
}

/// The mark of a secret. It has a blank, which no URL has.
fn mark(number: usize) -> String {
    format!("<secret {number}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_encoding() {
        for canary in ["canary-7Q", "ca\"na\\ry/7 ü+😀?", "c a&n=a%ry"] {
            let secrets = Secrets::new([canary.to_owned()]);
            let json = serde_json::to_string(canary).unwrap();
            let percent = percent_encoded(canary).to_string();
            for text in [canary.to_owned(), json.clone(), format!("{json:?}"), format!("{canary:?}"), percent]
            {
                let hidden = secrets.hide(&format!("before {text} behind"));
                assert!(
                    hidden.contains("***") && !hidden.contains("7") && hidden.starts_with("before "),
                    "{hidden}"
                );
            }
        }
        // As `printf 'user:canary-7Q' | base64` and its kin have it.
        let secrets = Secrets::new(["canary-7Q".to_owned()]);
        for text in ["dXNlcjpjYW5hcnktN1E=", "Y2FuYXJ5LTdR", "YTpjYW5hcnktN1E6", "YWE6Y2FuYXJ5LTdROg=="] {
            let hidden = secrets.hide(text);
            assert!(
                hidden.contains("***") && !hidden.contains("YW5hcnkt") && !hidden.contains("2FuYXJ5L"),
                "{text}: {hidden}"
            );
        }
        let all: String = "canary-7Q".bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(secrets.hide(&all), "***");
    }

    #[test]
    fn secrets_are_hidden_wherever_they_stand_and_come_back_only_from_marks() {
        let secrets = Secrets::new(["key-1".to_owned(), "key-1-long".to_owned(), "abc".to_owned()]);
        let url = "https://h/?a=key-1-long&b=key-1&c=abc";
        assert_eq!(secrets.hide(url), "https://h/?a=***&b=***&c=abc");
        let folded = secrets.fold(url);
        assert!(!folded.contains("key"), "{folded}");
        assert_eq!(secrets.restore(&folded), url);
    }
}
