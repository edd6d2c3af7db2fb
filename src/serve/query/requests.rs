//! Requests for tables: from the path and the method to a statement, and from its rows to an answer.

use super::statement::Statement;
use super::text::{self, Pair, take_one};
use super::write::{self, Others};
use super::{list, row};
use crate::config::Verb;
use crate::serve::http::answer::{array, texts};
use crate::serve::http::body::{Rows, rows};
use crate::serve::http::failure::Failure;
use crate::serve::http::guard::Subject;
use crate::serve::http::problem::Problem;
use crate::serve::http::routes::typed;
use crate::serve::tables::state::{Snapshot, State};
use crate::serve::tables::table::{Relation, Table};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::error::Error as StdError;
use tokio::time::timeout;

/// Answers a request for a table. Where it does not fit what is known of the tables, they are read again, and it is tried once
/// more: a version may have been loaded, or a table replaced, since.
pub async fn answer(state: &State, request: Request) -> Response {
    let snapshot = state.snapshot();
    let (parts, body) = request.into_parts();
    let subject = segments(&parts).and_then(|(table, _)| snapshot.tables.get(&table)).map(|table| {
        // Only names of tables, since clients choose the others.
        Subject(table.settings.path.clone())
    });
    let mut response = match whole(body, &parts, &snapshot).await {
        Err(problem) => problem.into_response(),
        Ok(body) => {
            let answered = match once(state, &snapshot, &parts, &body).await {
                Err(failure) if failure.is_of_stale_tables() || failure.is_of_unknown_name() => {
                    let snapshot = state.refresh_for_request().await;
                    once(state, &snapshot, &parts, &body).await
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

/// The table of a path, decoded, and the key, as it stands there.
fn segments(parts: &Parts) -> Option<(String, Option<String>)> {
    let path = parts.uri.path().strip_prefix('/')?;
    let (table, id) = path.split_once('/').unwrap_or((path, ""));
    let id = id.strip_suffix('/').unwrap_or(id);
    Some((text::decode(table).ok()?, (!id.is_empty()).then(|| id.to_owned())))
}

/// The whole body.
async fn whole(body: Body, parts: &Parts, snapshot: &Snapshot) -> Result<String, Problem> {
    let limits = snapshot.settings.limits;
    if matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(String::new());
    }
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

async fn once(state: &State, snapshot: &Snapshot, parts: &Parts, body: &str) -> Result<Response, Failure> {
    let (path, id) = segments(parts).ok_or_else(|| Problem::not_found("path"))?;
    let Some(table) = snapshot.tables.get(&path) else {
        let configured = snapshot.settings.tables.iter().any(|table| table.path == path);
        let problem = Problem::not_found("table");
        return Err(if configured { problem.unknown_name() } else { problem }.into());
    };
    let verb = verb(&parts.method, id.is_some()).filter(|verb| table.grants(*verb));
    let Some(verb) = verb else { return Err(Problem::method(&allowed(table, id.is_some())).into()) };
    let mut pairs = text::pairs(parts.uri.query().unwrap_or_default())?;
    let relation = relation(table, &mut pairs)?;
    let request = TableRequest { state, snapshot, table, relation };
    match (verb, &id) {
        (Verb::Get, None) => request.list(pairs).await,
        (Verb::Get, Some(id)) => none_left(&pairs).map(|()| request.get(id))?.await,
        (Verb::Delete, Some(id)) => none_left(&pairs).map(|()| request.delete(id))?.await,
        (verb, id) => {
            none_left(&pairs)?;
            is_json(&parts.headers)?;
            let rows = rows(body.as_bytes(), relation, verb == Verb::Post)?;
            match (verb, id) {
                (Verb::Put, Some(id)) => request.update(id, &rows, body, Others::Default).await,
                (_, Some(id)) => request.update(id, &rows, body, Others::Keep).await,
                (_, None) => request.post(&rows, body).await,
            }
        }
    }
}

/// The verb of a method, on a table or on a row.
fn verb(method: &Method, on_row: bool) -> Option<Verb> {
    match (method.as_str(), on_row) {
        ("GET" | "HEAD", _) => Some(Verb::Get),
        ("POST", false) => Some(Verb::Post),
        ("PUT", true) => Some(Verb::Put),
        ("PATCH", true) => Some(Verb::Patch),
        ("DELETE", true) => Some(Verb::Delete),
        _ => None,
    }
}

/// What a table, or a row of it, allows: the value of the header `Allow`.
fn allowed(table: &Table, on_row: bool) -> String {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|name| {
        let method = Method::from_bytes(name.as_bytes()).ok();
        method.and_then(|method| verb(&method, on_row)).is_some_and(|verb| table.grants(verb))
    });
    methods.collect::<Vec<_>>().join(", ")
}

/// The table, or the version of it that `version=` names.
fn relation<'t>(table: &'t Table, pairs: &mut Vec<Pair>) -> Result<&'t Relation, Problem> {
    // A column of this name is filtered by `version.eq=` where there are versions, else by its name.
    if table.versions.is_empty() && table.relation.column("version").is_some() {
        return Ok(&table.relation);
    }
    let Some(version) = take_one(pairs, "version")? else { return Ok(&table.relation) };
    match &table.named(&version)[..] {
        [one] => Ok(one),
        [] => {
            Err(Problem::bad("version", format!("there is no version {version:?} of this table"))
                .unknown_name())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|relation| relation.name.name()).collect();
            Err(Problem::bad("version", format!("name one of its version tables: {}", names.join(", "))))
        }
    }
}

fn none_left(pairs: &[Pair]) -> Result<(), Problem> {
    match pairs.first() {
        None => Ok(()),
        Some(pair) => Err(Problem::bad(&pair.name, format!("there is no parameter {:?} here", pair.name))),
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(media_type.as_str(), "application/json" | "application/merge-patch+json") {
        return Ok(());
    }
    let detail = "a body is JSON, with Content-Type: application/json";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

/// A request that is understood but for its values.
struct TableRequest<'r> {
    state: &'r State,
    snapshot: &'r Snapshot,
    table: &'r Table,
    relation: &'r Relation,
}

impl TableRequest<'_> {
    async fn list(&self, pairs: Vec<Pair>) -> Result<Response, Failure> {
        let statement = list::select(self.table, self.relation, pairs)?;
        let connection = self.state.pool.get().await?;
        let time = self.snapshot.settings.limits.time;
        let body = array(connection, &statement.sql, &statement.parameters, time).await;
        let body = match body {
            Ok(body) => body,
            Err(failure) => return Err(self.explained(failure, &statement).await),
        };
        Ok((typed("application/json"), body).into_response())
    }

    async fn get(&self, id: &str) -> Result<Response, Failure> {
        let statement = row::select(self.table, self.relation, id)?;
        let rows = self.run(&statement).await?;
        Ok(json(StatusCode::OK, row::only(rows)?))
    }

    async fn delete(&self, id: &str) -> Result<Response, Failure> {
        self.change(&write::delete(self.table, self.relation, id)?).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    async fn update(&self, id: &str, rows: &Rows, body: &str, others: Others) -> Result<Response, Failure> {
        let statement = write::update(self.table, self.relation, id, rows, body, others)?;
        let changed = self.change(&statement).await;
        match changed {
            Ok(row) => Ok(json(StatusCode::OK, row)),
            Err(failure) => Err(self.explained_in_body(failure, rows, body).await),
        }
    }

    async fn post(&self, rows: &Rows, body: &str) -> Result<Response, Failure> {
        let statement = write::insert(self.table, self.relation, rows, body);
        let connection = self.state.pool.get().await?;
        let inserted = connection.pairs(&statement.sql, &statement.parameters).await;
        drop(connection);
        let inserted = match inserted {
            Ok(inserted) => inserted,
            Err(failure) => return Err(self.explained_in_body(failure, rows, body).await),
        };
        if rows.many {
            let rows: Vec<String> = inserted.into_iter().map(|(row, _)| row).collect();
            return Ok(json(StatusCode::CREATED, format!("[{}]", rows.join(","))));
        }
        // A trigger may have decided otherwise.
        let Some((row, key)) = inserted.into_iter().next() else {
            return Err(Problem::unprocessable("the table has not taken the row").into());
        };
        let mut response = json(StatusCode::CREATED, row);
        if let Some(location) = self.location(&key) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    }

    /// Where a new row is, by its key as an array of texts; nothing where the key has a NULL.
    fn location(&self, key: &str) -> Option<HeaderValue> {
        let values: Vec<Option<String>> = serde_json::from_str(key).ok()?;
        let encoded = |value: &String| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let values: Option<Vec<String>> = values.iter().map(|value| value.as_ref().map(encoded)).collect();
        let table = utf8_percent_encode(&self.table.settings.path, NON_ALPHANUMERIC);
        format!("/{table}/{}/", values?.join(",")).parse().ok()
    }

    /// Runs a statement that changes one row, and gives what it gives for it; undone where it would be more than one.
    async fn change(&self, statement: &Statement) -> Result<String, Failure> {
        if self.relation.key_is_unique {
            let rows = self.run(statement).await?;
            return Ok(row::only(rows)?);
        }
        let connection = self.state.pool.get().await?;
        // A client that goes while it runs leaves it open.
        let open = connection.begin().await?;
        let rows = texts(open.connection(), &statement.sql, &statement.parameters).await;
        match rows {
            Ok(rows) if rows.len() == 1 => {
                open.commit().await?;
                Ok(row::only(rows)?)
            }
            Ok(rows) => {
                open.roll_back().await?;
                Ok(row::only(rows)?)
            }
            Err(failure) => {
                open.roll_back().await?;
                Err(self.explained(failure, statement).await)
            }
        }
    }

    async fn run(&self, statement: &Statement) -> Result<Vec<String>, Failure> {
        let connection = self.state.pool.get().await?;
        let rows = texts(&connection, &statement.sql, &statement.parameters).await;
        drop(connection);
        match rows {
            Ok(rows) => Ok(rows),
            Err(failure) => Err(self.explained(failure, statement).await),
        }
    }

    /// The failure with the column whose value the server cannot read: each is asked for alone.
    async fn explained(&self, failure: Failure, statement: &Statement) -> Failure {
        if !failure.is_of_value() {
            return failure;
        }
        for parameter in &statement.parameters {
            let (Some(column), Some(value)) = (&parameter.column, &parameter.value) else { continue };
            let mut probe = Statement::default();
            let value = probe.value_of(column, value);
            let column_name = crate::pg::ident::quote(column);
            probe.add(&format!(
                "SELECT ''::text FROM {} AS t WHERE t.{column_name} = {value} LIMIT 0",
                self.relation.name
            ));
            if let Some(problem) = self.tried(&probe, column).await {
                return problem.into();
            }
        }
        failure
    }

    /// The same, of a body.
    async fn explained_in_body(&self, failure: Failure, rows: &Rows, body: &str) -> Failure {
        if !failure.is_of_value() {
            return failure;
        }
        for column in &rows.columns {
            let probe = write::probe(self.relation, rows, body, column);
            if let Some(problem) = self.tried(&probe, column).await {
                return problem.into();
            }
        }
        failure
    }

    /// The problem of a column, where a statement about it alone fails.
    async fn tried(&self, probe: &Statement, column: &str) -> Option<Problem> {
        let connection = self.state.pool.get().await.ok()?;
        let failure = texts(&connection, &probe.sql, &probe.parameters).await.err()?;
        failure.is_of_value().then(|| Problem::bad(column, failure.words()))
    }
}

fn json(status: StatusCode, text: String) -> Response {
    (status, typed("application/json"), text).into_response()
}
