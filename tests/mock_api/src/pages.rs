//! Paths under `/pages`: 25 items in pages of 10, in every way to the next page.

use crate::http::{Answer, Request};

const ITEMS: u64 = 25;
const PAGE: u64 = 10;

/// The answer to a request for a page.
pub fn answer(request: &Request, base: &str) -> Answer {
    let path = request.path();
    let start = match path {
        "/pages/offset" => request.number("offset").unwrap_or(0),
        _ => (request.number("page").unwrap_or(1).max(1) - 1) * PAGE,
    };
    let items: Vec<String> = (start..ITEMS.min(start + PAGE)).map(|id| format!("{{\"id\": {id}}}")).collect();
    let next = (start + PAGE < ITEMS).then(|| start / PAGE + 2);
    let items = items.join(", ");
    match path {
        "/pages/next" => {
            let next = next.map_or("null".to_owned(), |page| format!("\"{base}/pages/next?page={page}\""));
            Answer::json(format!("{{\"items\": [{items}], \"next\": {next}}}"))
        }
        "/pages/itself" => {
            Answer::json(format!("{{\"items\": [{items}], \"next\": \"{base}{}\"}}", request.target))
        }
        "/pages/link" => {
            let answer = Answer::json(format!("{{\"items\": [{items}]}}"));
            match next {
                None => answer,
                Some(page) => answer.header(
                    "link",
                    format!("</pages/link?page=1>; rel=\"first\", <?page={page}>; rel=\"next\""),
                ),
            }
        }
        // A header for each link, and quotes that hold what looks like one.
        "/pages/links" => {
            let answer = Answer::json(format!("{{\"items\": [{items}]}}"))
                .header("link", "</pages/links?page=1>; title=\"<>; rel=next\"; rel=first".to_owned());
            match next {
                None => answer,
                Some(page) => answer.header("link", format!("<?page={page}>; rel=next")),
            }
        }
        _ => Answer::json(format!("{{\"items\": [{items}]}}")),
    }
}
