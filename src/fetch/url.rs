//! URLs of an API: values that stand in them, and the references that one page has to another.

use crate::run::web;
use ureq::http::Uri;

/// Appends a value, percent-encoded.
pub fn push_value(out: &mut String, text: &str) {
    out.extend(web::percent_encoded(text));
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

/// As [`join`] (RFC 3986, section 5.2, but `.` and `..` in paths stay as they are).
pub fn join_to(base: &Uri, reference: &str) -> String {
    let (scheme, authority) =
        (base.scheme_str().unwrap_or("https"), base.authority().map_or("", |a| a.as_str()));
    let reference = reference.split('#').next().unwrap_or_default();
    let is_absolute = reference.split_once("://").is_some_and(|(scheme, _)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    if is_absolute {
        reference.to_owned()
    } else if let Some(rest) = reference.strip_prefix("//") {
        format!("{scheme}://{rest}")
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
        ] {
            assert_eq!(join("https://h:8/a/b?x=1", reference), url);
        }
    }

    #[test]
    fn a_parameter_takes_the_place_of_one_of_its_name() {
        assert_eq!(with_parameter("http://h/a", "the page", 1), "http://h/a?the%20page=1");
        assert_eq!(with_parameter("http://h/a?p=1&x=1&pp=2", "p", 2), "http://h/a?x=1&pp=2&p=2");
    }
}
