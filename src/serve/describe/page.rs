//! `GET /docs/`: a page that shows the description of the tables. It is part of the binary, and loads nothing from other hosts.

use crate::serve::answer::content_type;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};

/// The page may run its own script, and send requests to this service.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
pub async fn index() -> Response {
    let mut response =
        (content_type("text/html; charset=utf-8"), include_str!("page/index.html")).into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// Its script.
pub async fn script() -> Response {
    (content_type("text/javascript; charset=utf-8"), include_str!("page/page.js")).into_response()
}

/// Its style.
pub async fn style() -> Response {
    (content_type("text/css; charset=utf-8"), include_str!("page/page.css")).into_response()
}
