//! The entity tag of a row (RFC 9110, section 8.8.3): a hash of its JSON text, so that it is another one with any change.

use axum::http::HeaderValue;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Characters of a tag; the first ones of a hash.
const LENGTH: usize = 32;

/// The tag of a row, without its quotes.
pub fn tag(row: &str) -> String {
    let mut tag = String::with_capacity(LENGTH);
    for byte in Sha256::digest(row).iter().take(LENGTH / 2) {
        // Writing to a String does not fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag
}

/// The same as SQL, of an expression for the row's JSON text.
pub fn sql(row: &str) -> String {
    format!("left(encode(sha256(convert_to({row}, 'UTF8')), 'hex'), {LENGTH})")
}

/// The value of the header `ETag` for a row.
pub fn header(row: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{}\"", tag(row))).ok()
}
