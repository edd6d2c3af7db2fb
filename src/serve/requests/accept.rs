//! What a client takes (RFC 9110, section 12.5): CSV instead of JSON, and answers that are compressed.

use crate::serve::database::rows::Form;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

/// The form of a list: CSV if the client prefers it. One that takes neither gets JSON.
pub fn form(headers: &HeaderMap) -> Form {
    let json = weight(headers, &ACCEPT, &["application/json", "application/*", "*/*"]);
    match weight(headers, &ACCEPT, &["text/csv", "text/*"]) {
        Some(csv) if csv > 0.0 && json.is_none_or(|json| csv > json) => Form::Csv,
        _ => Form::Json,
    }
}

/// Whether the client takes answers that gzip has compressed.
pub fn gzip(headers: &HeaderMap) -> bool {
    let plain = weight(headers, &ACCEPT_ENCODING, &["identity"]);
    let gzip = weight(headers, &ACCEPT_ENCODING, &["gzip", "x-gzip", "*"]);
    gzip.is_some_and(|gzip| gzip > 0.0 && plain.is_none_or(|plain| gzip >= plain))
}

/// The weight of the first of these names that a header lists; none if it lists none of them.
fn weight(headers: &HeaderMap, header: &HeaderName, names: &[&str]) -> Option<f32> {
    let lines = || headers.get_all(header).iter().filter_map(|line| line.to_str().ok());
    names.iter().find_map(|name| {
        lines().flat_map(|line| line.split(',')).find_map(|one| {
            let mut parts = one.split(';').map(str::trim);
            if !parts.next()?.eq_ignore_ascii_case(name) {
                return None;
            }
            let written = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some(written.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        [(name, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn weights_count() {
        for (accept, form_expected) in [
            ("", Form::Json),
            ("*/*", Form::Json),
            ("text/csv", Form::Csv),
            ("Text/CSV; header=present", Form::Csv),
            ("application/json, text/csv", Form::Json),
            ("text/csv, application/json;q=0.9", Form::Csv),
            ("text/csv;q=0.5, */*;q=0.1", Form::Csv),
            ("text/csv;q=0", Form::Json),
            ("text/html, application/xhtml+xml, */*;q=0.8", Form::Json),
            ("image/png", Form::Json),
        ] {
            assert_eq!(form(&headers(ACCEPT, accept)), form_expected, "{accept}");
        }
        for (accept, expected) in [
            ("gzip, deflate, br", true),
            ("x-gzip", true),
            ("*", true),
            ("br", false),
            ("gzip;q=0, *", false),
            ("gzip;q=0.5, identity", false),
            ("identity;q=0.5, gzip;q=1.0", true),
        ] {
            assert_eq!(gzip(&headers(ACCEPT_ENCODING, accept)), expected, "{accept}");
        }
    }
}
