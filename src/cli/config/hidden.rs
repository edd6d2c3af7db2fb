//! Values of the file without secrets. In doubt, a value is hidden.

use super::keys;
use super::keys::key::Secrecy;
use crate::secret::without_passwords;

/// The text in place of a hidden value.
pub const HIDDEN: &str = "***";

/// Words of texts that may hold a secret, such as `CREATE USER … PASSWORD '…'`.
const SECRET_WORDS: [&str; 8] =
    ["passw", "secret", "token", "api_key", "apikey", "access_key", "identified by", "credential"];

/// The text of a key as it is written in the file, without secrets. `${VAR}` stays as it is, so no value of a variable is
/// shown.
pub fn shown(path: &str, text: &str) -> String {
    match keys::secrecy(path) {
        Secrecy::Secret => return HIDDEN.to_owned(),
        Secrecy::Elsewhere => return text.to_owned(),
        Secrecy::Open => {}
    }
    let lower = text.to_ascii_lowercase();
    if let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| !scheme.contains(' ')) {
        // The secret of an API may be anywhere in a URL: in the path, as with web hooks, or in the query.
        return format!("{scheme}://{}", address(rest, !scheme.starts_with("http")));
    }
    let is_file = path.ends_with(".file");
    if !is_file && SECRET_WORDS.iter().any(|word| lower.contains(word)) {
        // The password of `host=h password=p user=u` can be cut out; that of a statement cannot.
        let hidden = without_passwords(text);
        return if hidden == text || text.contains(['\'', '"']) { HIDDEN.to_owned() } else { hidden };
    }
    text.to_owned()
}

/// Host, port and, `with_path`, the path of a URL. User, password and query are hidden.
fn address(rest: &str, with_path: bool) -> String {
    // At the last `@`: a raw one in a password is against the rules, but happens.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("***@", rest),
        None => ("", rest),
    };
    let (place, query) = rest.split_once(['?', '#']).map_or((rest, false), |(place, _)| (place, true));
    let (host, path) = place.split_once('/').map_or((place, None), |(host, path)| (host, Some(path)));
    let path = match path {
        None => String::new(),
        Some(path) if with_path || path.is_empty() => format!("/{path}"),
        Some(_) => format!("/{HIDDEN}"),
    };
    format!("{user}{host}{path}{}", if query { "?***" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_may_be_secrets_are_hidden() {
        for (path, text, expected) in [
            ("datastore.passwd", "hunter2", "***"),
            ("drain.a.password", "${X}", "***"),
            ("fetch.a.headers.X-Key", "hunter2", "***"),
            ("fetch.a.body", "{\"key\": \"hunter2\"}", "***"),
            ("fetch.a.url", "https://u:hunter2@h:1/hunter2/{id}?k=hunter2", "https://***@h:1/***?***"),
            ("fetch.a.url", "https://h/", "https://h/"),
            (
                "sync.a.from",
                "postgresql://u:hun/t@er2@h:5432/db?password=p",
                "postgresql://***@h:5432/db?***",
            ),
            ("sync.a.to", "host=h password=hunter2 user=u", "host=h password=*** user=u"),
            ("sync.a.to", "host=h password='hunter2' user=u", "***"),
            ("drain.a.from", "unix:///run/redis?db=0&pass=hunter2", "unix:///run/redis?***"),
            ("fetch.a.before[0]", "ALTER USER x PASSWORD 'hunter2'", "***"),
            ("after.users.sql[0]", "VACUUM users", "VACUUM users"),
            ("decrypt.passphrase.env", "LMS_PASSWORD", "LMS_PASSWORD"),
            ("xport_cfg.dialects[0].match", "*lms*", "*lms*"),
        ] {
            assert_eq!(shown(path, text), expected, "{path}: {text}");
        }
    }
}
