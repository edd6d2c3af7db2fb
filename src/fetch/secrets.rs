//! Secrets, which are never printed, logged or stored: values of environment variables in URLs, headers and bodies.

use crate::secret::{Forms, without_passwords};

/// Shorter values are not hidden: they would hide half of each message.
const LEAST_BYTES: usize = 4;
const HIDDEN: &str = "***";

/// The secrets of a job.
#[derive(Clone, Default)]
pub struct Secrets {
    plain: Vec<String>,
    /// All forms in which they may stand in a text.
    forms: Forms,
}

impl Secrets {
    /// The secrets among these values. The longest comes first, since it may contain another one.
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= LEAST_BYTES).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        let mut forms = Forms::new();
        values.iter().for_each(|value| forms.add(value));
        Secrets { plain: values, forms }
    }

    /// The text with `***` for every secret, however it is encoded, and for whatever looks like one.
    pub fn hide(&self, text: &str) -> String {
        without_passwords(&self.forms.hide(text))
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

/// The mark of a secret. It has a blank, which no URL has.
fn mark(number: usize) -> String {
    format!("<secret {number}>")
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
    }
}
