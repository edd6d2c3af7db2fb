//! The API of the recipes of `fetch`: tokens, orders that are asked for by time, and a list by GraphQL.

use pghaul_mock_api::{Answer, Request};

/// The orders, by the time of their last change.
const ORDERS: [(&str, &str); 3] =
    [("2026-01-01T10:00:00Z", "9.50"), ("2026-01-02T10:00:00Z", "120"), ("2026-01-03T10:00:00Z", "3.99")];

/// The answer to a request.
pub fn answer(request: &Request) -> Answer {
    let has_token = request.header("authorization") == Some("Bearer abc");
    match request.path() {
        // `me:hush`
        "/token" if request.header("authorization") == Some("Basic bWU6aHVzaA==") => {
            Answer::json(r#"{"access_token": "abc", "token_type": "Bearer", "expires_in": 3600}"#)
        }
        _ if !has_token => Answer::new(401, r#"{"error": "no token"}"#),
        "/graphql" => products(&String::from_utf8_lossy(&request.body)),
        path if path.ends_with("/orders") => orders(request.parameter("updated_after").unwrap_or_default()),
        _ => Answer::new(404, "{}"),
    }
}

fn orders(after: &str) -> Answer {
    let after = after.replace("%3A", ":");
    let orders = (1..).zip(ORDERS).filter(|(_, (updated_at, _))| *updated_at > after.as_str());
    let orders: Vec<String> = orders
        .map(|(id, (updated_at, total))| {
            format!(r#"{{"id": {id}, "total": {total}, "updated_at": "{updated_at}"}}"#)
        })
        .collect();
    Answer::json(format!(r#"{{"orders": [{}], "next": null}}"#, orders.join(", ")))
}

/// Two pages; the query and its variables must have come as they were written.
fn products(body: &str) -> Answer {
    let page = |ids: [u64; 2], next: &str| {
        let nodes = ids.map(|id| format!(r#"{{"id": {id}, "name": "Product {id}"}}"#)).join(", ");
        let info = format!(r#"{{"hasNextPage": {}, "endCursor": "{next}"}}"#, next == "c2");
        Answer::json(format!(r#"{{"data": {{"products": {{"nodes": [{nodes}], "pageInfo": {info}}}}}}}"#))
    };
    let is_asked =
        body.contains("products(shop: $shop, first: 2, after: $after)") && body.contains(r#""shop": 7"#);
    match is_asked {
        true if body.contains(r#""after": null"#) => page([1, 2], "c2"),
        true if body.contains(r#""after": "c2""#) => page([3, 4], "c4"),
        _ => Answer::json(r#"{"errors": [{"message": "what is this?"}]}"#),
    }
}
