//! The way of one request: its table, the granted verb, the answer, and a second try with fresh tables.

use super::granted::{granted, relation};
use super::prefer;
use super::table_request::TableRequest;
use super::{accept, body};
use crate::config::Verb;
use crate::serve::answer::failure::Failure;
use crate::serve::answer::problem::Problem;
use crate::serve::query::address::{self, Pair};
use crate::serve::query::body::rows;
use crate::serve::query::precondition::Preconditions;
use crate::serve::query::write::{Duplicates, MissingColumns};
use crate::serve::shared::peer::Peer;
use crate::serve::shared::state::{Snapshot, State};
use crate::serve::tables::table::Table;
use crate::serve::who::Identity;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

/// What a request is about, for the metrics.
#[derive(Debug, Clone)]
pub struct Subject(pub String);

/// Answers a request for a table. If it does not fit the known tables, they are read again, and it is tried once more: a
/// version may have been loaded, or a table replaced.
pub async fn handle(state: &State, request: Request) -> Response {
    let snapshot = state.snapshot();
    let (parts, body) = request.into_parts();
    let subject = segments(&parts).and_then(|(table, _)| snapshot.tables.get(&table)).map(|table| {
        // Other names are chosen by clients, and would fill the metrics.
        Subject(table.settings.path.clone())
    });
    let mut response = match body::read(body, &parts, snapshot.settings.limits).await {
        Err(problem) => problem.into_response(),
        Ok(body) => {
            let answered = match handle_once(state, &snapshot, &parts, &body).await {
                Err(failure) if failure.is_of_stale_tables() || failure.is_of_unknown_name() => {
                    let snapshot = state.refresh_for_request().await;
                    handle_once(state, &snapshot, &parts, &body).await
                }
                answered => answered,
            };
            answered.unwrap_or_else(|failure| failure.into_problem().into_response())
        }
    };
    if let Some(subject) = subject {
        response.extensions_mut().insert(subject);
    }
    response
}

/// The table of a path, decoded, and the key as it is written there.
fn segments(parts: &Parts) -> Option<(String, Option<String>)> {
    let path = parts.uri.path().strip_prefix('/')?;
    let (table, id) = path.split_once('/').unwrap_or((path, ""));
    // An empty key has its own slash: `/users//`.
    let id = (!id.is_empty()).then(|| id.strip_suffix('/').unwrap_or(id).to_owned());
    Some((address::decode(table).ok()?, id))
}

async fn handle_once(
    state: &State,
    snapshot: &Snapshot,
    parts: &Parts,
    body: &str,
) -> Result<Response, Failure> {
    let (path, id) = segments(parts).ok_or_else(|| Problem::not_found("path"))?;
    // The guard adds it to each request.
    let identity =
        parts.extensions.get::<Identity>().ok_or_else(|| Problem::forbidden("the client is not known"))?;
    let Some(table) = snapshot.tables.get(&path).filter(|table| identity.knows(&table.settings.path)) else {
        let configured = snapshot.settings.tables.iter().any(|table| table.path == path);
        let problem = Problem::not_found("table");
        return Err(if configured { problem.unknown_name() } else { problem }.into());
    };
    let verb = granted(table, identity, &parts.method, id.is_some())?;
    let mut pairs = address::pairs(parts.uri.query().unwrap_or_default())?;
    let relation = relation(table, &mut pairs)?;
    // The listener adds it to each request.
    let peer = parts.extensions.get().copied().unwrap_or(Peer::SERVICE);
    let request = TableRequest { state, snapshot, table, relation, peer, identity };
    if !(verb == Verb::Get && id.is_none()) {
        refuse_all(&pairs)?;
    }
    let conditions = Preconditions::read(&parts.headers)?;
    let Some(id) = id else {
        return match verb {
            Verb::Get => request.list(pairs, accept::form(&parts.headers)).await,
            _ => {
                body::check_media_type(&parts.headers)?;
                let rows = rows(body.as_bytes(), relation, true)?;
                let duplicates = prefer::duplicates(&parts.headers);
                check_post(table, identity, duplicates, &conditions)?;
                request.post(&rows, body, duplicates).await
            }
        };
    };
    let missing = match verb {
        Verb::Get => return request.get(&id, &conditions).await,
        Verb::Delete => return request.delete(&id, &conditions).await,
        Verb::Put => MissingColumns::Default,
        _ => MissingColumns::Keep,
    };
    body::check_media_type(&parts.headers)?;
    let rows = rows(body.as_bytes(), relation, false)?;
    request.update(&id, &rows, body, missing, &conditions).await
}

/// Checks what a request to add rows asks for besides.
fn check_post(
    table: &Table,
    identity: &Identity,
    duplicates: Duplicates,
    conditions: &Preconditions,
) -> Result<(), Problem> {
    if conditions.any() {
        let detail = "If-Match and If-None-Match go with one row, not with those that are added";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    if duplicates == Duplicates::Merge && !table.grants(identity, Verb::Patch) {
        return Err(Problem::forbidden("merge-duplicates changes rows, for which patch has to be granted"));
    }
    Ok(())
}

/// Refuses all parameters.
fn refuse_all(pairs: &[Pair]) -> Result<(), Problem> {
    match pairs.first() {
        None => Ok(()),
        Some(pair) => Err(Problem::bad(&pair.name, format!("there is no parameter {:?} here", pair.name))),
    }
}
