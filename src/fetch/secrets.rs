//! Secrets, which are never printed, logged or stored: values of environment variables in URLs, headers and bodies.

use crate::secret::{Forms, forms_of, without_known, without_passwords};

/// Shorter values are not hidden: they would hide half of each message.
const LEAST_BYTES: usize = 4;
const HIDDEN: &str = "***";

/// The secrets of a job.
#[derive(Clone, Default)]
pub struct Secrets {
    /// All forms in which they may stand in a text.
    forms: Forms,
    /// Each form with its mark in the ledger, the longest form first, since it may contain another one.
    marks: Vec<(String, String)>,
}

impl Secrets {
    /// The secrets among these values.
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= LEAST_BYTES).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        let mut forms = Forms::default();
        let mut marks: Vec<(String, String)> = Vec::new();
        for (number, value) in values.iter().enumerate() {
            forms.add(value);
            for (form, text) in forms_of(value).into_iter().enumerate() {
                if text.len() >= LEAST_BYTES && marks.iter().all(|(known, _)| *known != text) {
                    marks.push((text, mark(number, form)));
                }
            }
        }
        marks.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        Secrets { forms, marks }
    }

    /// The text with `***` for every secret, however it is encoded, and for whatever looks like one.
    pub fn hide(&self, text: &str) -> String {
        without_passwords(&self.forms.hide(text))
    }

    /// The text with `***` for every secret, however it is encoded: JSON stays JSON.
    pub fn hide_known(&self, text: &str) -> String {
        without_known(&self.forms.hide(text))
    }

    /// The text with a mark for every secret, which [`Secrets::restore`] knows.
    pub fn fold(&self, text: &str) -> String {
        self.marks.iter().fold(text.to_owned(), |text, (secret, mark)| text.replace(secret, mark))
    }

    /// Undoes [`Secrets::fold`].
    pub fn restore(&self, text: &str) -> String {
        self.marks.iter().fold(text.to_owned(), |text, (secret, mark)| text.replace(mark, secret))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The mark of a secret in one of its forms, of which the first is the secret itself. It has a blank, which no URL has.
fn mark(number: usize, form: usize) -> String {
    if form == 0 { format!("<secret {number}>") } else { format!("<secret {number} {form}>") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::web::percent_encoded;

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
        // As the API gives it back.
        let url = "https://h/?a=6b65792d31&b=a2V5LTEt&c=%6B%65%79%2D%31%2D%6C%6F%6E%67";
        let folded = secrets.fold(url);
        assert!(["6b65792d31", "a2V5LTEt", "%6B"].iter().all(|form| !folded.contains(form)), "{folded}");
        assert_eq!(secrets.restore(&folded), url);
    }
}
