//! The checks of every request before its route (host, rate, token, time), and the headers of every answer.

use super::{cors, gzip, head};
use crate::serve::answer::problem::Problem;
use crate::serve::requests::{Subject, accept};
use crate::serve::settings::Settings;
use crate::serve::shared::peer::Peer;
use crate::serve::shared::state::{Snapshot, State};
use crate::serve::who::Identity;
use axum::extract::{Request, State as Shared};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the refusal of one request too many is held back.
const HELD_BACK: Duration = Duration::from_millis(200);

/// Passes a request on to its route, or refuses it.
pub async fn guard(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let snapshot = state.snapshot();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let origin = cors::listed(&snapshot.settings, request.headers());
    let takes_gzip = method != Method::HEAD && accept::gzip(request.headers());
    let mut response = match refusal(&snapshot, &request, &path) {
        Some(problem) => {
            // A client that does not wait by itself is made to.
            if problem.status == StatusCode::TOO_MANY_REQUESTS {
                tokio::time::sleep(HELD_BACK).await;
            }
            problem.into_response()
        }
        None if origin.is_some() && cors::is_preflight(&method, request.headers()) => cors::preflight(),
        None => match identity(&snapshot.settings, request.headers(), &path) {
            Err(wrong) => Problem::token(wrong).into_response(),
            Ok(identity) => {
                request.extensions_mut().insert(identity);
                match tokio::time::timeout(snapshot.settings.limits.time, next.run(request)).await {
                    Ok(response) => response,
                    Err(_) => Problem::later(StatusCode::SERVICE_UNAVAILABLE, "the request took too long", 5)
                        .into_response(),
                }
            }
        },
    };
    response = gzip::compressed(response, takes_gzip).await;
    if let Some(origin) = origin {
        cors::allow(&mut response, origin);
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let subject = response.extensions_mut().remove::<Subject>();
    let subject = subject.map_or_else(|| subject_of(&path).to_owned(), |subject| subject.0);
    state.metrics.count(&method, &subject, response.status(), begun.elapsed());
    response
}

/// The reason to refuse a request before its token is checked: a faulty head, a wrong host, or too many requests.
fn refusal(snapshot: &Snapshot, request: &Request, path: &str) -> Option<Problem> {
    if let Some(problem) = head::fault(request) {
        return Some(problem);
    }
    if !is_expected_host(&snapshot.settings, request) {
        let detail =
            "the request names a host that this service is not; it may come from a page of another site";
        return Some(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail));
    }
    let limits = snapshot.rate.as_ref()?;
    // Who asks for health is not held up by other requests from its address.
    let limit = if is_health(path) { &limits.health } else { &limits.requests };
    let wait = limit.check(*request.extensions().get::<Peer>()?).err()?;
    Some(Problem::later(StatusCode::TOO_MANY_REQUESTS, "too many requests", wait))
}

fn is_health(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// Whether a path needs no token: it reveals nothing of the tables. The page asks for the token itself.
fn is_open(path: &str) -> bool {
    is_health(path) || matches!(path, "/" | "/docs") || path.starts_with("/docs/")
}

/// The subject of a request that is about no table. Clients could send any number of other paths.
fn subject_of(path: &str) -> &'static str {
    const FIXED: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/openapi.json"];
    match FIXED.iter().find(|fixed| **fixed == path) {
        Some(fixed) => fixed,
        None if is_open(path) => "/docs/",
        None => "other",
    }
}

/// Whether the request's host is a name of this machine. Otherwise, without a token, a page of any site could send requests
/// once its own name leads to 127.0.0.1 (DNS rebinding).
fn is_expected_host(settings: &Settings, request: &Request) -> bool {
    if settings.who.is_needed() || !settings.listen.ip().is_loopback() {
        return true;
    }
    let Some(name) = head::host(request) else { return true };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
}

/// What the request may do; it has to carry a token, if any is needed.
fn identity(settings: &Settings, headers: &HeaderMap, path: &str) -> Result<Identity, &'static str> {
    // These do nothing for a client but answer it.
    if is_open(path) { Ok(Identity::All) } else { settings.who.find(headers) }
}
