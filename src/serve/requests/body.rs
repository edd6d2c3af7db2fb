//! The body of a request: read within limits of size and time.

use crate::serve::answer::problem::Problem;
use crate::serve::settings::Limits;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::LengthLimitError;
use std::error::Error as StdError;
use tokio::time::timeout;

/// Reads the whole body; for a method that needs none, the empty text.
///
/// # Errors
/// A body that is too large, comes too slowly, ends early, is in an encoding or not UTF-8.
pub async fn read(body: Body, parts: &Parts, limits: Limits) -> Result<String, Problem> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(String::new());
    }
    check_encoding(&parts.headers)?;
    let too_large = || {
        let detail = format!("a body may have {} bytes", limits.body);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let stated = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if stated.is_some_and(|length: usize| length > limits.body) {
        return Err(too_large());
    }
    let bytes = match timeout(limits.time, to_bytes(body, limits.body)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) if error.source().is_some_and(|source| source.is::<LengthLimitError>()) => {
            return Err(too_large());
        }
        Ok(Err(_)) => return Err(Problem::new(StatusCode::BAD_REQUEST, "the body ends early")),
        Err(_) => return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    };
    String::from_utf8(bytes.into())
        .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8"))
}

/// Refuses a body in an encoding, such as gzip.
fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body comes without a Content-Encoding");
    Err(problem.with(ACCEPT_ENCODING, "identity"))
}

/// Checks that the body is JSON in UTF-8, by its header.
///
/// # Errors
/// Another media type or charset, or none.
pub fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let given = given.to_ascii_lowercase();
    let mut parts = given.split(';').map(str::trim);
    let is_json = matches!(parts.next(), Some("application/json" | "application/merge-patch+json"));
    let mut charsets = parts.filter_map(|part| part.strip_prefix("charset="));
    if is_json && charsets.all(|name| matches!(name.trim_matches('"'), "utf-8" | "utf8" | "us-ascii")) {
        return Ok(());
    }
    let detail = "a body is JSON in UTF-8, with Content-Type: application/json";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}
