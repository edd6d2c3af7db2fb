//! The paths, with the function that answers each.

use super::guard::guard;
use crate::serve::answer::content_type;
use crate::serve::answer::problem::Problem;
use crate::serve::describe::page;
use crate::serve::requests;
use crate::serve::shared::metrics::OPEN_METRICS;
use crate::serve::shared::state::State;
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use std::sync::Arc;

/// The routes of all paths.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
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
    let asked = match state.pool.get().await {
        Ok(connection) => connection.query("SELECT 1", &[]).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::debug!("{error}");
            Problem::away().into_response()
        }
    }
}

async fn metrics(Shared(state): Shared<Arc<State>>) -> Response {
    let text = state.metrics.text(&state.pool).await;
    (content_type(OPEN_METRICS), text).into_response()
}

async fn openapi(Shared(state): Shared<Arc<State>>) -> Response {
    (content_type("application/json"), state.snapshot().openapi.clone()).into_response()
}
