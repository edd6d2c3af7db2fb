//! A string that is never printed.

use std::fmt;

/// A password or another secret. `Debug` and `Display` show `***`; only [`Secret::reveal`] gives the text, at
/// the one place that hands it to the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the wire and nothing else.
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

/// The text with the passwords of PostgreSQL URLs hidden: a URL in the wrong place (a folder's argument, a key of
/// the configuration) must not be quoted as it is.
pub fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("postgres") {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let end =
            found.find(|c: char| c.is_whitespace() || matches!(c, '"' | '`' | '\'')).unwrap_or(found.len());
        out.push_str(&url_without_password(&found[..end]));
        rest = &found[end..];
    }
    out.push_str(rest);
    out
}

/// A word that may be a URL: `postgresql://user:secret@host/db?password=secret`. A raw `@` or `/` in a password is
/// against the rules, but happens: all up to the last `@` is hidden.
fn url_without_password(word: &str) -> String {
    let Some((scheme, after)) = word.split_once("://") else { return word.to_owned() };
    let (user, address) = match after.rsplit_once('@') {
        Some((credentials, address)) if credentials.contains(':') => ("***@", address),
        _ => ("", after),
    };
    match address.split_once("password=") {
        Some((before, _)) => format!("{scheme}://{user}{before}password=***"),
        None => format!("{scheme}://{user}{address}"),
    }
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
    fn urls_keep_all_but_their_passwords() {
        for (text, shown) in [
            ("postgresql://u:hun/t@er2@h:5432/db: no such file", "postgresql://***@h:5432/db: no such file"),
            ("string \"postgres://u:p@h/d\", expected", "string \"postgres://***@h/d\", expected"),
            ("postgresql://h/d?user=u&password=p&x=y", "postgresql://h/d?user=u&password=***"),
            ("postgresql://u@localhost:1/x: away", "postgresql://u@localhost:1/x: away"),
            ("the postgres user's folder", "the postgres user's folder"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
    }
}
