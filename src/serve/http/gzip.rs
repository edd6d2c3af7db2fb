//! Answers compressed by gzip, as they go out.

use crate::serve::query::precondition::COMPRESSED;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, ETAG, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};
use hyper::body::Body as _;
use std::io::{self, Write};

/// The shortest body that is compressed (bytes): a shorter one fits into a packet anyway.
const SHORTEST: u64 = 1 << 10;

/// The answer as it goes out to a client that takes gzip, or that does not.
pub async fn compressed(mut response: Response, accepted: bool) -> Response {
    let exact = response.body().size_hint().exact();
    let has_body = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !has_body || exact.is_some_and(|bytes| bytes < SHORTEST) {
        return response;
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    if !accepted {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = match exact {
        // It is in memory.
        Some(_) => {
            match to_bytes(body, usize::MAX).await.and_then(|bytes| whole(&bytes).map_err(axum::Error::new)) {
                Ok(bytes) => Body::from(bytes),
                Err(error) => Body::from_stream(stream::iter([Err::<Bytes, _>(error)])),
            }
        }
        None => in_parts(body),
    };
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.remove(CONTENT_LENGTH);
    // Other bytes have another tag.
    let tag = parts.headers.get(ETAG).and_then(|tag| tag.to_str().ok()?.strip_suffix('"').map(str::to_owned));
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(format!("{tag}{COMPRESSED}\"")).ok()) {
        parts.headers.insert(ETAG, tag);
    }
    Response::from_parts(parts, body)
}

fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::fast())
}

fn whole(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = encoder();
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A body that is cut off stays cut off: it gets no proper end.
fn in_parts(body: Body) -> Body {
    let parts = body.into_data_stream();
    Body::from_stream(stream::unfold(Some((parts, encoder())), async |state| {
        let (mut parts, mut encoder) = state?;
        match parts.next().await {
            Some(Ok(part)) => match encoder.write_all(&part) {
                Ok(()) => {
                    let bytes = Bytes::from(std::mem::take(encoder.get_mut()));
                    Some((Ok(bytes), Some((parts, encoder))))
                }
                Err(error) => Some((Err(axum::Error::new(error)), None)),
            },
            Some(Err(error)) => Some((Err(error), None)),
            None => Some((encoder.finish().map(Bytes::from).map_err(axum::Error::new), None)),
        }
    }))
}
