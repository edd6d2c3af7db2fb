//! Faults of a request's head that the HTTP library lets through (RFC 9110, RFC 9112).

use crate::serve::answer::problem::Problem;
use axum::extract::Request;
use axum::http::header::{EXPECT, HOST};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};

/// Characters of an authority besides letters and digits (RFC 3986, section 3.2), without `@`: no host has a user.
const OF_HOSTS: &[u8] = b"-._~%!$&'()*+;=:[]";

/// What is wrong with the head of a request, if anything is.
pub fn fault(request: &Request) -> Option<Problem> {
    if let Some(detail) = fault_of_host(request) {
        return Some(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let expected = request.headers().get(EXPECT)?;
    if expected.as_bytes().eq_ignore_ascii_case(b"100-continue") {
        return None;
    }
    Some(Problem::new(StatusCode::EXPECTATION_FAILED, "nothing but 100-continue can be expected"))
}

/// A proxy before the service may take another of two hosts than the service does (RFC 9112, section 3.2).
fn fault_of_host(request: &Request) -> Option<&'static str> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let named = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    match (hosts.next(), hosts.next()) {
        (_, Some(_)) => Some("a request has one line Host"),
        (None, _) if request.version() == Version::HTTP_11 => {
            Some("a request names its host, by a line Host")
        }
        (host, _) => {
            let is_wrong = |name: &[u8]| {
                !name.iter().all(|byte| byte.is_ascii_alphanumeric() || OF_HOSTS.contains(byte))
            };
            let wrong = host.map(HeaderValue::as_bytes).is_some_and(is_wrong) || named.is_some_and(is_wrong);
            wrong.then_some("the host of the request is no name of one")
        }
    }
}

/// The name of the host that a request is for, without its port; none where it names none. The address in the first line counts
/// before the header.
pub fn host<'r>(request: &'r Request) -> Option<&'r str> {
    let of_header = |headers: &'r HeaderMap| {
        let host = headers.get(HOST)?.to_str().ok()?;
        Some(match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.rsplit_once(':').map_or(host, |(name, _)| name),
        })
    };
    let of_address = request.uri().host().map(|name| name.trim_start_matches('[').trim_end_matches(']'));
    of_address.or_else(|| of_header(request.headers()))
}
