//! The answer to a request that fails, and the header that every answer with a body has.

pub mod etag;
pub mod failure;
pub mod problem;

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, HeaderName};

/// The header for a media type.
pub fn content_type(media_type: &'static str) -> [(HeaderName, HeaderValue); 1] {
    [(CONTENT_TYPE, HeaderValue::from_static(media_type))]
}
