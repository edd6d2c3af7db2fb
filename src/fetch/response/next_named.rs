//! What in a response names a next page, as APIs do it.

use super::headers::next_link;
use super::input::Input;
use crate::fetch::api::client::Response;

/// Members of a response, or of one of its [`PARTS`], that name the next page by a text that is not empty.
const NAMES: [&str; 9] = [
    "next",
    "@odata.nextLink",
    "nextLink",
    "next_page",
    "next_page_url",
    "nextPageToken",
    "next_page_token",
    "next_cursor",
    "nextCursor",
];
/// Members that say by `true` that there is more.
const FLAGS: [&str; 4] = ["has_more", "hasMore", "has_next", "hasNextPage"];
/// Members in which all of these may stand.
const PARTS: [&str; 6] = ["links", "_links", "meta", "paging", "pagination", "page_info"];

/// What names a next page.
pub fn next_named(response: &Response, body: &Input<'_>) -> Option<&'static str> {
    let link = response.header("link").and_then(Result::ok);
    if link.is_some_and(|link| matches!(next_link(&link), Ok(Some(_)))) {
        return Some("Link");
    }
    let named = |part: Option<&str>| {
        let names = NAMES.into_iter().find(|name| body.has_text(part, name));
        names.or_else(|| FLAGS.into_iter().find(|flag| body.has_true(part, flag)))
    };
    named(None).or_else(|| PARTS.into_iter().filter(|part| body.has(part)).find_map(|part| named(Some(part))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;
    use ureq::http::{HeaderMap, StatusCode};

    fn named(link: &str, body: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        if !link.is_empty() {
            headers.insert("link", link.parse().unwrap());
        }
        let (status, url) = (StatusCode::OK, "http://h".to_owned());
        let response = Response { status, headers, url, body: Vec::new(), share: None };
        next_named(&response, &Input::from(parse(body.as_bytes()).unwrap()))
    }

    #[test]
    fn a_next_page_is_named_by_a_header_a_text_or_a_flag() {
        assert_eq!(named("<http://h/2>; rel=\"next\"", "[]"), Some("Link"));
        for (body, name) in [
            (r#"{"value": [], "@odata.nextLink": "http://h/2"}"#, "@odata.nextLink"),
            (r#"{"data": [], "next": "http://h/2"}"#, "next"),
            (r#"{"data": [], "has_more": true}"#, "has_more"),
            (r#"{"data": [], "meta": {"next_cursor": "x"}}"#, "next_cursor"),
        ] {
            assert_eq!(named("", body), Some(name), "{body}");
        }
        for body in [
            "[]",
            "null",
            r#"{"next": null}"#,
            r#"{"next": ""}"#,
            r#"{"has_more": false}"#,
            r#"{"meta": {"next": 2}}"#,
        ] {
            assert_eq!(named("<http://h/1>; rel=\"prev\"", body), None, "{body}");
        }
    }
}
