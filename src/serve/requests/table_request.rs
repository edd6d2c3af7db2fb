//! A request whose table, version and verb are known: its statement is run, and the rows become the answer.

use super::probe::{Prober, name_column, name_column_of_body};
use crate::serve::answer::content_type;
use crate::serve::answer::failure::Failure;
use crate::serve::answer::problem::Problem;
use crate::serve::database::connection::Connection;
use crate::serve::database::manager::Access;
use crate::serve::database::rows::{first_column, json_array};
use crate::serve::database::statement::Statement;
use crate::serve::query::address::Pair;
use crate::serve::query::body::BodyRows;
use crate::serve::query::write::{self, MissingColumns};
use crate::serve::query::{list, row};
use crate::serve::shared::peer::Peer;
use crate::serve::shared::state::{Snapshot, State};
use crate::serve::shared::turns::Work;
use crate::serve::tables::table::{Relation, Table};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

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
}

impl TableRequest<'_> {
    pub async fn list(&self, pairs: Vec<Pair>) -> Result<Response, Failure> {
        let statement = list::select(self.table, self.relation, pairs)?;
        let connection = self.connection_for(Access::Read, false).await?;
        let time = self.snapshot.settings.limits.time;
        let body = json_array(connection, &statement.sql, &statement.parameters, time).await;
        let body = match body {
            Ok(body) => body,
            Err(failure) => return Err(name_column(self.prober(), failure, &statement).await),
        };
        Ok((content_type("application/json"), body).into_response())
    }

    pub async fn get(&self, id: &str) -> Result<Response, Failure> {
        let statement = row::select(self.table, self.relation, id)?;
        let rows = self.run(&statement, Access::Read).await?;
        Ok(json(StatusCode::OK, row::only(rows)?))
    }

    pub async fn delete(&self, id: &str) -> Result<Response, Failure> {
        self.change(&write::delete(self.table, self.relation, id)?).await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    }

    pub async fn update(
        &self,
        id: &str,
        rows: &BodyRows,
        body: &str,
        missing: MissingColumns,
    ) -> Result<Response, Failure> {
        let statement = write::update(self.table, self.relation, id, rows, body, missing)?;
        let changed = self.change(&statement).await;
        match changed {
            Ok(row) => Ok(json(StatusCode::OK, row)),
            Err(failure) => Err(name_column_of_body(self.prober(), failure, rows, body).await),
        }
    }

    pub async fn post(&self, rows: &BodyRows, body: &str) -> Result<Response, Failure> {
        let statement = write::insert(self.table, self.relation, rows, body);
        let connection = self.connection(Access::Write).await?;
        let inserted = connection.pairs(&statement.sql, &statement.parameters).await;
        drop(connection);
        let inserted = match inserted {
            Ok(inserted) => inserted,
            Err(failure) => {
                return Err(name_column_of_body(self.prober(), failure, rows, body).await);
            }
        };
        if rows.many {
            let rows: Vec<String> = inserted.into_iter().map(|(row, _)| row).collect();
            return Ok(json(StatusCode::CREATED, format!("[{}]", rows.join(","))));
        }
        // A trigger may have refused the row.
        let Some((row, key)) = inserted.into_iter().next() else {
            return Err(Problem::unprocessable("the table has not taken the row").into());
        };
        let mut response = json(StatusCode::CREATED, row);
        if let Some(location) = self.location(&key) {
            response.headers_mut().insert(LOCATION, location);
        }
        Ok(response)
    }

    /// The address of a new row, by its key as a JSON array of texts; none if the key has a NULL.
    fn location(&self, key: &str) -> Option<HeaderValue> {
        let values: Vec<Option<String>> = serde_json::from_str(key).ok()?;
        let encoded = |value: &String| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let values: Option<Vec<String>> = values.iter().map(|value| value.as_ref().map(encoded)).collect();
        let table = utf8_percent_encode(&self.table.settings.path, NON_ALPHANUMERIC);
        format!("/{table}/{}/", values?.join(",")).parse().ok()
    }

    /// Runs a statement that changes one row, and returns what it returns for that row. If it changes more than one, it is
    /// rolled back.
    async fn change(&self, statement: &Statement) -> Result<String, Failure> {
        if self.relation.key_is_unique {
            let rows = self.run(statement, Access::Write).await?;
            return Ok(row::only(rows)?);
        }
        let mut connection = self.connection(Access::Write).await?;
        // If the client goes while the statement runs, the transaction of the dropped connection is rolled back.
        connection.begin().await?;
        let rows = first_column(&connection, &statement.sql, &statement.parameters).await;
        match rows {
            Ok(rows) if rows.len() == 1 => {
                connection.commit().await?;
                Ok(row::only(rows)?)
            }
            Ok(rows) => Ok(row::only(rows)?),
            Err(failure) => {
                drop(connection);
                Err(name_column(self.prober(), failure, statement).await)
            }
        }
    }

    fn work(&self, is_row: bool) -> Work {
        Work { peer: self.peer, is_row }
    }

    fn prober(&self) -> Prober<'_> {
        Prober { state: self.state, relation: self.relation, work: self.work(self.relation.key_is_unique) }
    }

    /// Waits for a connection for statements about rows with a key, which may do so much.
    async fn connection(&self, access: Access) -> Result<Connection, Failure> {
        self.connection_for(access, self.relation.key_is_unique).await
    }

    async fn connection_for(&self, access: Access, is_row: bool) -> Result<Connection, Failure> {
        let connection = self.state.pool.get(self.work(is_row)).await?;
        connection.allow(access).await?;
        Ok(connection)
    }

    async fn run(&self, statement: &Statement, access: Access) -> Result<Vec<String>, Failure> {
        let connection = self.connection(access).await?;
        let rows = first_column(&connection, &statement.sql, &statement.parameters).await;
        drop(connection);
        match rows {
            Ok(rows) => Ok(rows),
            Err(failure) => Err(name_column(self.prober(), failure, statement).await),
        }
    }
}

fn json(status: StatusCode, text: String) -> Response {
    (status, content_type("application/json"), text).into_response()
}
