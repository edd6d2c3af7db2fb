//! Secrets, which are never printed, logged or stored: values of environment variables in URLs, headers and bodies.

/// Shorter values are not hidden: they would hide half of each message.
const LEAST_BYTES: usize = 4;
const HIDDEN: &str = "***";

/// The secrets of a job.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// The secrets among these values. The longest comes first, since it may contain another one.
    pub fn new(values: impl IntoIterator<Item = String>) -> Secrets {
        let mut values: Vec<String> = values.into_iter().filter(|value| value.len() >= LEAST_BYTES).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Secrets(values)
    }

    /// The text with `***` for every secret.
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    /// The text with a mark for every secret, which [`Secrets::restore`] knows.
    pub fn fold(&self, text: &str) -> String {
        let fold = |text: String, (number, secret): (usize, &String)| text.replace(secret, &mark(number));
        self.0.iter().enumerate().fold(text.to_owned(), fold)
    }

    /// Undoes [`Secrets::fold`].
    pub fn restore(&self, text: &str) -> String {
        let restore = |text: String, (number, secret): (usize, &String)| text.replace(&mark(number), secret);
        self.0.iter().enumerate().fold(text.to_owned(), restore)
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
