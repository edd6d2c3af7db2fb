//! The body of a request: read within limits of size and time.

use crate::serve::answer::problem::Problem;
use crate::serve::settings::Limits;
use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use tokio::time::timeout;

/// How much of a body beyond its limit is read all the same (bytes): a client that still writes when the connection is closed does
/// not see the answer.
const MOST_DISCARDED: usize = 16 << 20;

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
    let most = limits.body.saturating_add(MOST_DISCARDED);
    let waits = parts.headers.contains_key(EXPECT);
    if stated.is_some_and(|length: usize| length > if waits { limits.body } else { most }) {
        return Err(too_large());
    }
    let bytes = match timeout(limits.time, collect(body, limits.body, most)).await {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None)) => return Err(too_large()),
        Ok(Err(_)) => return Err(Problem::new(StatusCode::BAD_REQUEST, "the body ends early")),
        Err(_) => return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    };
    String::from_utf8(bytes).map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "the body is not UTF-8"))
}

/// The bytes of a body; none if they are more than `limit`. What is above is read and dropped up to `most` bytes.
async fn collect(mut body: Body, limit: usize, most: usize) -> Result<Option<Vec<u8>>, axum::Error> {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length > most {
            break;
        }
        if length <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    Ok((length <= limit).then_some(bytes))
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
