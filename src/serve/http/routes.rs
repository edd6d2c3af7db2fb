//! The paths, with the function that answers each.

use super::guard::guard;
use crate::serve::answer::content_type;
use crate::serve::answer::problem::Problem;
use crate::serve::describe::{self, page};
use crate::serve::requests;
use crate::serve::shared::metrics::OPEN_METRICS;
use crate::serve::shared::peer::Peer;
use crate::serve::shared::state::State;
use crate::serve::who::Identity;
use axum::extract::{Request, State as Shared};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use std::sync::Arc;

/// The routes of all paths.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/docs/")))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi))
        .route("/docs", get(page::index))
        .route("/docs/", get(page::index))
        .route("/docs/page.js", get(page::script))
        .route("/docs/page.css", get(page::style))
        .route("/{table}", any(table))
        .route("/{table}/", any(table))
        .route("/{table}//", any(table))
        .route("/{table}/{id}", any(table))
        .route("/{table}/{id}/", any(table))
        .fallback(async || Problem::not_found("path"))
        .method_not_allowed_fallback(async || Problem::method("GET, HEAD"))
        .layer(from_fn_with_state(Arc::clone(&state), guard))
        .with_state(state)
}

async fn table(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    requests::handle(&state, request).await
}

/// Whether the database answers.
async fn ready(Shared(state): Shared<Arc<State>>) -> Response {
    if state.readiness.holds() { "ready\n".into_response() } else { Problem::away().into_response() }
}

/// The metrics name all tables and loads, so a token with rights of its own, or a role's, does not get them.
async fn metrics(
    Shared(state): Shared<Arc<State>>,
    Extension(peer): Extension<Peer>,
    Extension(identity): Extension<Identity>,
) -> Response {
    if !matches!(identity, Identity::All) {
        return Problem::forbidden("the metrics are for the token that may do everything").into_response();
    }
    let text = state.metrics.text(&state.pool, peer).await;
    (content_type(OPEN_METRICS), text).into_response()
}

async fn openapi(Shared(state): Shared<Arc<State>>, Extension(identity): Extension<Identity>) -> Response {
    let snapshot = state.snapshot();
    let document = match identity {
        Identity::Some(_) => {
            describe::openapi::document(&snapshot.settings, &snapshot.tables, &identity).to_string().into()
        }
        _ => snapshot.openapi.clone(),
    };
    (content_type("application/json"), document).into_response()
}
