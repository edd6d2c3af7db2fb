//! A request whose table, version and verb are known: its statement is run, and the rows become the answer.

use super::connect::connection;
use super::prefer::{self, PREFERENCE_APPLIED};
use super::probe::{Prober, name_column, name_column_of_body};
use crate::serve::answer::content_type;
use crate::serve::answer::etag;
use crate::serve::answer::failure::Failure;
use crate::serve::answer::problem::Problem;
use crate::serve::database::connection::Connection;
use crate::serve::database::manager::Access;
use crate::serve::database::rows::{self, Form, first_column};
use crate::serve::database::statement::Statement;
use crate::serve::query::address::Pair;
use crate::serve::query::body::BodyRows;
use crate::serve::query::list::{self, Count, List};
use crate::serve::query::precondition::{self, Preconditions, Verdict};
use crate::serve::query::row;
use crate::serve::query::write::{self, Duplicates, MissingColumns};
use crate::serve::shared::peer::Peer;
use crate::serve::shared::state::{Snapshot, State};
use crate::serve::shared::turns::Work;
use crate::serve::tables::table::{Relation, Table};
use crate::serve::who::Identity;
use axum::http::header::{ETAG, LOCATION, VARY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The number of rows of all pages.
const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
/// The media type of CSV.
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// A request whose table and version are known.
pub struct TableRequest<'r> {
    /// What all requests share.
    pub state: &'r State,
    /// The settings, and the tables as they are known.
    pub snapshot: &'r Snapshot,
    /// The table.
    pub table: &'r Table,
    /// The table, or one of its versions.
    pub relation: &'r Relation,
    /// The client.
    pub peer: Peer,
    /// What the client may do.
    pub identity: &'r Identity,
}

impl TableRequest<'_> {
    pub async fn list(&self, pairs: Vec<Pair>, form: Form) -> Result<Response, Failure> {
        let List { rows, count } = list::select(self.table, self.relation, pairs, form)?;
        let mut connection = self.connection_for(Access::Read, false).await?;
        let total = match count {
            None => None,
            Some((count, statement)) => {
                let (same, lines) = self.texts(connection, &statement).await?;
                connection = same;
                match count {
                    Count::Exact => lines.into_iter().next(),
                    Count::Estimated => {
                        lines.first().and_then(|line| list::estimate(line)).map(|rows| rows.to_string())
                    }
                }
            }
        };
        let time = self.snapshot.settings.limits.time;
        let head = if form == Form::Csv { self.relation.answered_columns() } else { Vec::new() };
        let body = match rows::body(connection, &rows, form, &head, time).await {
            Ok(body) => body,
            Err(failure) => return Err(name_column(self.prober(), failure, &rows).await),
        };
        let media_type = match form {
            Form::Json => "application/json",
            Form::Csv => CSV,
        };
        let mut response = (content_type(media_type), body).into_response();
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("accept"));
        if let Some(total) = total.and_then(|total| HeaderValue::try_from(total).ok()) {
            headers.insert(X_TOTAL_COUNT, total);
        }
        Ok(response)
    }

    pub async fn get(&self, id: &str, preconditions: &Preconditions) -> Result<Response, Failure> {
        let statement = row::select(self.table, self.relation, id)?;
        let rows = self.run(&statement, Access::Read).await?;
        let row = row::only(rows)?.ok_or_else(|| Problem::not_found("row"))?;
        match preconditions.judge(&row) {
            Verdict::Send => Ok(tagged(StatusCode::OK, row)),
            Verdict::NotModified => {
                Ok(with_tag(StatusCode::NOT_MODIFIED.into_response(), etag::header(&row)))
            }
            Verdict::Failed => Err(precondition::failed().into()),
        }
    }

    pub async fn delete(&self, id: &str, preconditions: &Preconditions) -> Result<Response, Failure> {
        let statement = write::delete(self.table, self.relation, id, preconditions)?;
        match self.change(&statement).await? {
            Some(_) => Ok(StatusCode::NO_CONTENT.into_response()),
            None => Err(missing(preconditions).into()),
        }
    }

    pub async fn update(
        &self,
        id: &str,
        rows: &BodyRows,
        body: &str,
        missing_columns: MissingColumns,
        preconditions: &Preconditions,
    ) -> Result<Response, Failure> {
        let statement =
            write::update(self.table, self.relation, id, rows, body, missing_columns, preconditions)?;
        let changed = match self.change(&statement).await {
            Ok(changed) => changed,
            Err(failure) => return Err(name_column_of_body(self.prober(), failure, rows, body).await),
        };
        match (changed, missing_columns) {
            // What PUT stores may be another text than it sent, so that its answer has no tag (RFC 9110, section 9.3.4).
            (Some(row), MissingColumns::Default) => Ok(json(StatusCode::OK, row)),
            (Some(row), MissingColumns::Keep) => Ok(tagged(StatusCode::OK, row)),
            (None, MissingColumns::Default) if write::names_key(self.table, rows) => {
                let other_key = write::other_key(self.table, self.relation, id, rows, body)?;
                match self.run(&other_key, Access::Read).await?.is_empty() {
                    true => Err(missing(preconditions).into()),
                    false => {
                        let detail = "the body has another key than the address; PATCH changes a key";
                        Err(Problem::new(StatusCode::BAD_REQUEST, detail).into())
                    }
                }
            }
            (None, _) => Err(missing(preconditions).into()),
        }
    }

    pub async fn post(
        &self,
        rows: &BodyRows,
        body: &str,
        duplicates: Duplicates,
    ) -> Result<Response, Failure> {
        let statement = write::insert(self.table, self.relation, rows, body, duplicates)?;
        let connection = self.connection(Access::Write).await?;
        let stored = connection.pairs(&statement.sql, &statement.parameters).await;
        let stored = match stored {
            Ok(stored) => {
                connection.commit().await?;
                stored
            }
            Err(failure) => {
                drop(connection);
                if duplicates == Duplicates::Merge && failure.is_of_same_row() {
                    let detail = "two rows of the body have the same key";
                    return Err(Problem::new(StatusCode::CONFLICT, detail).into());
                }
                return Err(name_column_of_body(self.prober(), failure, rows, body).await);
            }
        };
        let status = if duplicates == Duplicates::Refuse { StatusCode::CREATED } else { StatusCode::OK };
        let mut response = if rows.many {
            let rows: Vec<String> = stored.into_iter().map(|(row, _)| row).collect();
            json(status, format!("[{}]", rows.join(",")))
        } else {
            match stored.into_iter().next() {
                Some((row, key)) => {
                    let mut response = tagged(status, row);
                    if let Some(location) = self.location(&key) {
                        response.headers_mut().insert(LOCATION, location);
                    }
                    response
                }
                None if duplicates == Duplicates::Ignore => StatusCode::NO_CONTENT.into_response(),
                // A trigger may have refused the row.
                None => return Err(Problem::unprocessable("the table has not taken the row").into()),
            }
        };
        if let Some(applied) = prefer::applied(duplicates) {
            response.headers_mut().insert(PREFERENCE_APPLIED, HeaderValue::from_static(applied));
        }
        Ok(response)
    }

    /// The address of a stored row, by its key as a JSON array of texts; none if the key has a NULL.
    fn location(&self, key: &str) -> Option<HeaderValue> {
        let values: Vec<Option<String>> = serde_json::from_str(key).ok()?;
        let encoded = |value: &str| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let values: Option<Vec<String>> = values.iter().map(|value| value.as_deref().map(encoded)).collect();
        let mut location = format!("/{}/{}/", encoded(&self.table.settings.path), values?.join(","));
        if !std::ptr::eq(self.relation, &raw const self.table.relation) {
            location += &format!("?version={}", encoded(self.relation.name.name()));
        }
        location.parse().ok()
    }

    /// Runs a statement that changes one row, and returns what it returns for that row; none if it changes no row. If it changes
    /// more than one, it is rolled back.
    async fn change(&self, statement: &Statement) -> Result<Option<String>, Failure> {
        if self.relation.key_is_unique() {
            let rows = self.run(statement, Access::Write).await?;
            return Ok(row::only(rows)?);
        }
        let mut connection = self.connection(Access::Write).await?;
        // If the client goes while the statement runs, the transaction of the dropped connection is rolled back.
        connection.begin().await?;
        let (connection, rows) = self.texts(connection, statement).await?;
        if rows.len() == 1 {
            connection.commit().await?;
        }
        Ok(row::only(rows)?)
    }

    fn work(&self, is_row: bool) -> Work {
        Work { peer: self.peer, is_row }
    }

    fn prober(&self) -> Prober<'_> {
        Prober {
            state: self.state,
            identity: self.identity,
            relation: self.relation,
            work: self.work(self.relation.key_is_unique()),
        }
    }

    /// Waits for a connection for statements about rows with a key, which may do so much.
    async fn connection(&self, access: Access) -> Result<Connection, Failure> {
        self.connection_for(access, self.relation.key_is_unique()).await
    }

    async fn connection_for(&self, access: Access, is_row: bool) -> Result<Connection, Failure> {
        connection(self.state, self.identity, access, self.work(is_row)).await
    }

    async fn run(&self, statement: &Statement, access: Access) -> Result<Vec<String>, Failure> {
        let (connection, rows) = self.texts(self.connection(access).await?, statement).await?;
        connection.commit().await?;
        Ok(rows)
    }

    /// The first column of a statement's rows, and the connection. A failure names its column, which is looked for when the
    /// connection is free: there may be no other.
    async fn texts(
        &self,
        connection: Connection,
        statement: &Statement,
    ) -> Result<(Connection, Vec<String>), Failure> {
        match first_column(&connection, &statement.sql, &statement.parameters).await {
            Ok(rows) => Ok((connection, rows)),
            Err(failure) => {
                drop(connection);
                Err(name_column(self.prober(), failure, statement).await)
            }
        }
    }
}

/// The problem that no row was changed: there is none with the key, or it is not what the client wants.
fn missing(preconditions: &Preconditions) -> Problem {
    if preconditions.any() { precondition::failed() } else { Problem::not_found("row") }
}

fn json(status: StatusCode, text: String) -> Response {
    (status, content_type("application/json"), text).into_response()
}

/// An answer with one row, and its tag.
fn tagged(status: StatusCode, row: String) -> Response {
    let tag = etag::header(&row);
    with_tag(json(status, row), tag)
}

fn with_tag(mut response: Response, tag: Option<HeaderValue>) -> Response {
    if let Some(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
