//! A string that is never printed.

mod forms;

pub use forms::{Forms, forms_of, percent_encoded};

use std::fmt;
use std::sync::{PoisonError, RwLock};

/// The secrets of this process. A server may give back what it was sent, in any form.
static KNOWN: RwLock<Forms> = RwLock::new(Forms::new());
/// Shorter secrets are hidden by their place alone.
const LEAST_BYTES: usize = 6;

/// A password or another secret. `Debug` and `Display` show `***`. Only [`Secret::reveal`] gives the text, to the code that
/// hands it to the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        let secret = Self(text.into());
        if secret.is_told_by_itself() {
            KNOWN.write().unwrap_or_else(PoisonError::into_inner).add(&secret.0);
        }
        secret
    }

    /// Whether it is hidden wherever it stands. A plain word is not: with the password `postgres`, messages could not name the
    /// database of that name. Of a URL, its shape tells which part is secret.
    fn is_told_by_itself(&self) -> bool {
        let is_word = self.0.bytes().all(|byte| byte.is_ascii_lowercase());
        self.0.len() >= LEAST_BYTES && !is_word && !self.0.contains("://")
    }

    /// The secret itself, for the wire alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The text without the secrets of this process, in whatever form, and with the passwords of URLs and conninfo strings hidden. A
/// URL in the wrong place, such as a folder's argument or a key of the configuration, must not be quoted as it is. In doubt, more
/// is hidden.
pub fn without_passwords(text: &str) -> String {
    hide_parameters(&hide_credentials(&without_known(text)))
}

/// The text without the secrets of this process, in whatever form: JSON stays JSON.
pub fn without_known(text: &str) -> String {
    KNOWN.read().unwrap_or_else(PoisonError::into_inner).hide(text)
}

/// Hides `user:secret` in `postgresql://user:secret@host/db`, whatever the scheme. A raw `@`, `/` or blank in a password is against the rules, but
/// happens; so all up to the last `@` is hidden.
fn hide_credentials(text: &str) -> String {
    let mut from = 0;
    while let Some(at) = text[from..].find("://") {
        from += at + "://".len();
        let after = &text[from..];
        let has_password = after.find(':').zip(after.find('@')).is_some_and(|(colon, at)| colon < at);
        if let Some(last) = after.rfind('@').filter(|_| has_password) {
            return format!("{}***{}", &text[..from], &after[last..]);
        }
    }
    text.to_owned()
}

/// Keywords whose values are hidden, in connection strings of any kind. Longer ones end with them: `client_secret`.
const KEYWORDS: [&str; 9] =
    ["password", "passwd", "pwd", "secret", "token", "api_key", "apikey", "accountkey", "accesskey"];

/// Hides the value of `password=…`, in a URL's query or among keywords and values.
fn hide_parameters(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let next = |from: usize| {
        let ends = KEYWORDS.iter().filter_map(|word| Some(from + lower[from..].find(word)? + word.len()));
        ends.min()
    };
    while let Some(key_end) = next(done) {
        let behind = text[key_end..].trim_start();
        out.push_str(&text[done..key_end]);
        done = key_end;
        if let Some(value) = behind.strip_prefix('=') {
            let value = value.trim_start();
            let length = match value.strip_prefix('\'') {
                Some(quoted) => quoted.find('\'').map_or(value.len(), |end| end + 2),
                None => {
                    value.find(|c: char| c.is_whitespace() || matches!(c, '&' | ';')).unwrap_or(value.len())
                }
            };
            out.push_str("=***");
            done = text.len() - value.len() + length;
        }
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_display_shows_it() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn what_a_server_gives_back_is_hidden_unless_it_is_a_plain_word() {
        Secret::new("Tr0ub4dor&3");
        for text in ["Tr0ub4dor&3", "Tr0ub4dor%263", "547230756234646f722633", "VHIwdWI0ZG9yJjM="] {
            let shown = without_passwords(&format!("no {text} here"));
            assert!(shown.starts_with("no ***") && shown.ends_with(" here") && shown.len() < 16, "{shown}");
        }
        Secret::new("postgres");
        assert_eq!(without_passwords("the database postgres"), "the database postgres");
        Secret::new("https://h/db-1");
        assert_eq!(without_passwords("https://h/db-1"), "https://h/db-1");
    }

    #[test]
    fn urls_keep_all_but_their_passwords() {
        for (text, shown) in [
            ("postgresql://u:hun/t@er2@h:5432/db: no such file", "postgresql://***@h:5432/db: no such file"),
            ("string \"postgres://u:p@h/d\", expected", "string \"postgres://***@h/d\", expected"),
            ("POSTGRESQL://u:hun'ter 2@h/d", "POSTGRESQL://***@h/d"),
            ("postgresql://h/d?user=u&password=p&x=y", "postgresql://h/d?user=u&password=***&x=y"),
            ("host=h password = 'hun ter2' user=u", "host=h password=*** user=u"),
            ("host=h password=hunter2", "host=h password=***"),
            ("mongodb+srv://u:hunter2@h/d", "mongodb+srv://***@h/d"),
            ("jdbc:sqlserver://u:hunter2@h;x=1", "jdbc:sqlserver://***@h;x=1"),
            ("Server=h;Uid=u;Pwd=hunter2;Database=d", "Server=h;Uid=u;Pwd=***;Database=d"),
            ("https://h/?access_token=hunter2&x=1", "https://h/?access_token=***&x=1"),
            ("postgresql://u@localhost:1/x: away", "postgresql://u@localhost:1/x: away"),
            ("redis://:hunter2@h:6379/0 and more", "redis://***@h:6379/0 and more"),
            ("https://h:8080/a", "https://h:8080/a"),
            ("password authentication failed", "password authentication failed"),
            ("the postgres user's folder", "the postgres user's folder"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
