//! URLs of an API: values that stand in them, and the references that one page has to another.

use crate::run::web;
use percent_encoding::percent_decode_str;
use ureq::http::Uri;

/// Appends a value, percent-encoded.
pub fn push_value(out: &mut String, text: &str) {
    out.extend(web::percent_encoded(text));
}

/// The text of a URL with all that no URL can hold encoded, as browsers do it (WHATWG URL Standard, percent-encode sets); what is
/// encoded stays.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                push_value(&mut out, c.encode_utf8(&mut [0; 4]))
            }
            '!'..='~' => out.push(c),
            _ => push_value(&mut out, c.encode_utf8(&mut [0; 4])),
        }
    }
    out
}

/// The URL with a parameter in its query, in place of an earlier one of that name.
pub fn with_parameter(url: &str, parameter: &str, value: u64) -> String {
    let mut name = String::new();
    push_value(&mut name, parameter);
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(&name);
    let mut pairs: Vec<String> = query.split('&').filter(is_other).map(str::to_owned).collect();
    pairs.push(format!("{name}={value}"));
    format!("{path}?{}", pairs.join("&"))
}

/// The URL that `reference` stands for on the page at `base`; `reference` itself if `base` is not a URL.
pub fn join(base: &str, reference: &str) -> String {
    match base.parse::<Uri>() {
        Ok(base) => join_to(&base, reference),
        Err(_) => reference.to_owned(),
    }
}

/// A URL without its user information, which only the job may give.
fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{}", &rest[end..]),
        None => url.to_owned(),
    }
}

/// The user information of a URL, decoded, and the URL without it (RFC 3986, section 3.2.1): user and password.
///
/// # Errors
/// In words: what is not UTF-8.
pub fn split_user(url: &str) -> Result<(Option<(String, String)>, String), String> {
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((user, _)) = rest[..end].rsplit_once('@') else { return Ok((None, url.to_owned())) };
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let decoded = |text: &str| match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err("has a user or password that is not UTF-8".to_owned()),
    };
    Ok((Some((decoded(name)?, decoded(password)?)), without_user(url)))
}

/// As [`join`] (RFC 3986, section 5.2, but `.` and `..` in paths stay as they are).
pub fn join_to(base: &Uri, reference: &str) -> String {
    let reference = &*encoded(reference.trim());
    let (scheme, authority) =
        (base.scheme_str().unwrap_or("https"), base.authority().map_or("", |a| a.as_str()));
    let reference = reference.split('#').next().unwrap_or_default();
    let is_absolute = reference.split_once("://").is_some_and(|(scheme, _)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    if is_absolute {
        without_user(reference)
    } else if let Some(rest) = reference.strip_prefix("//") {
        without_user(&format!("{scheme}://{rest}"))
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.starts_with('?') {
        format!("{scheme}://{authority}{}{reference}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_to_their_page() {
        for (reference, url) in [
            ("http://other/x", "http://other/x"),
            ("//other/x", "https://other/x"),
            ("/x?y=2#z", "https://h:8/x?y=2"),
            ("?y=2", "https://h:8/a/b?y=2"),
            ("x", "https://h:8/a/x"),
            ("x?u=http://y", "https://h:8/a/x?u=http://y"),
            (" /x?q=a b|ü%20 ", "https://h:8/x?q=a%20b%7C%C3%BC%20"),
            ("http://u:p@other/x", "http://other/x"),
            ("//u@other/x", "https://other/x"),
        ] {
            assert_eq!(join("https://h:8/a/b?x=1", reference), url);
        }
    }

    #[test]
    fn user_information_is_taken_out_and_decoded() {
        for (url, user, password, rest) in [
            ("https://u:pa%40ss@h:8/a@b", "u", "pa@ss", "https://h:8/a@b"),
            ("https://u@h?x=@", "u", "", "https://h?x=@"),
            ("http://a%3Ab:c:d%@h", "a:b", "c:d%", "http://h"),
        ] {
            let split = (Some((user.to_owned(), password.to_owned())), rest.to_owned());
            assert_eq!(split_user(url), Ok(split), "{url}");
        }
        assert_eq!(split_user("https://h/a@b"), Ok((None, "https://h/a@b".to_owned())));
        assert!(split_user("https://%ff@h").is_err());
    }

    #[test]
    fn a_parameter_takes_the_place_of_one_of_its_name() {
        assert_eq!(with_parameter("http://h/a", "the page", 1), "http://h/a?the%20page=1");
        assert_eq!(with_parameter("http://h/a?p=1&x=1&pp=2", "p", 2), "http://h/a?x=1&pp=2&p=2");
    }
}
