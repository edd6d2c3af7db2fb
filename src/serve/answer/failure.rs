//! Failures between a request and its answer, and the problem that a client sees for each.

use super::problem::Problem;
use crate::Error;
use crate::error::{MAX_QUOTED_CHARS, shortened};
use crate::pg::sqlstate::SqlState;
use axum::http::StatusCode;
use tokio_postgres::error::DbError;

/// Why a request fails.
#[derive(Debug)]
pub enum Failure {
    /// A problem that the client sees as it is.
    Problem(Problem),
    /// An error of a statement, from the server or the client library.
    Postgres(tokio_postgres::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(problem)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Failure {
        Failure::Postgres(error)
    }
}

impl From<Error> for Failure {
    /// The reason for a missing connection goes to the log only, since it names hosts and users.
    fn from(error: Error) -> Failure {
        tracing::debug!("{error}");
        Failure::Problem(Problem::away())
    }
}

impl Failure {
    /// Whether the tables have changed since the catalog was read or the statement was prepared. 26000 is a prepared
    /// statement that the server does not know, as behind some poolers.
    pub fn is_of_stale_tables(&self) -> bool {
        matches!(
            self.state(),
            SqlState::UnknownTable
                | SqlState::UnknownColumn
                | SqlState::UnknownFunction
                | SqlState::WrongType
                | SqlState::NotSupported
                | SqlState::UnknownStatement
        )
    }

    /// Whether the cause is an unknown name that the database may know by now.
    pub fn is_of_unknown_name(&self) -> bool {
        matches!(self, Failure::Problem(problem) if problem.of_unknown_name)
    }

    /// Whether the server could not read a value as one of its column's type (SQLSTATE class 22).
    pub fn is_of_value(&self) -> bool {
        self.state() == SqlState::BadValue
    }

    /// Whether a role does not exist, or may not be taken on (SQLSTATE 22023, 42501).
    pub fn is_of_role(&self) -> bool {
        let Failure::Postgres(error) = self else { return false };
        error.code().is_some_and(|state| matches!(state.code(), "22023" | "42501"))
    }

    /// Whether one statement would have changed a row twice (SQLSTATE 21000).
    pub fn is_of_same_row(&self) -> bool {
        let Failure::Postgres(error) = self else { return false };
        error.code().is_some_and(|state| state.code() == "21000")
    }

    /// The server's words about the value.
    pub fn words(&self) -> String {
        match self {
            Failure::Postgres(error) => match error.as_db_error() {
                Some(error) => shortened(error.message(), MAX_QUOTED_CHARS),
                None => "the value cannot be sent".to_owned(),
            },
            Failure::Problem(problem) => problem.detail.clone(),
        }
    }

    fn state(&self) -> SqlState {
        match self {
            Failure::Postgres(error) => SqlState::from(error),
            Failure::Problem(_) => SqlState::None,
        }
    }

    /// The problem that the client sees.
    pub fn into_problem(self) -> Problem {
        match self {
            Failure::Problem(problem) => problem,
            Failure::Postgres(error) => match error.as_db_error() {
                Some(db) => of_server(db),
                None if error.is_closed() => Problem::away(),
                None => {
                    tracing::debug!("{}", Error::from(error));
                    Problem::away()
                }
            },
        }
    }
}

/// The problem for an error of the server, by its SQLSTATE.
fn of_server(error: &DbError) -> Problem {
    let state = error.code().code();
    let words = || shortened(error.message(), MAX_QUOTED_CHARS);
    let with_column = |problem: Problem| match error.column() {
        Some(column) => problem.of(column),
        None => problem,
    };
    match SqlState::of(state) {
        SqlState::BadValue => Problem::new(StatusCode::BAD_REQUEST, words()),
        SqlState::UniqueViolation | SqlState::RowConflict => {
            let detail = error.detail().map(|detail| shortened(detail, MAX_QUOTED_CHARS));
            Problem::new(StatusCode::CONFLICT, detail.unwrap_or_else(words))
        }
        // The rows are well-formed, but the table refuses them: constraints, triggers, views that cannot be written.
        SqlState::Constraint
        | SqlState::CheckOption
        | SqlState::Raised
        | SqlState::ObjectState
        | SqlState::LockTimeout
        | SqlState::GeneratedColumn => with_column(Problem::unprocessable(words())),
        SqlState::UnknownFunction | SqlState::AmbiguousFunction | SqlState::WrongType => {
            Problem::new(StatusCode::BAD_REQUEST, "a column of this type cannot be compared or ordered so")
        }
        // The tables were read again a moment ago, and have changed since then.
        SqlState::UnknownTable => Problem::not_found("table"),
        SqlState::UnknownColumn | SqlState::NotSupported | SqlState::UnknownStatement => {
            Problem::later(StatusCode::SERVICE_UNAVAILABLE, "the table has just changed; try again", 1)
        }
        SqlState::NoRight => {
            Problem::new(StatusCode::FORBIDDEN, "the service's role may not do this in the database")
        }
        SqlState::TooBig | SqlState::Limit => {
            Problem::unprocessable("the values are too complex for the database")
        }
        SqlState::Serialization => {
            Problem::later(StatusCode::SERVICE_UNAVAILABLE, "another change came in between; try again", 1)
        }
        SqlState::Cancelled => {
            Problem::later(StatusCode::SERVICE_UNAVAILABLE, "the database took too long to answer", 5)
        }
        SqlState::TransactionState => {
            Problem::later(StatusCode::SERVICE_UNAVAILABLE, "the database can only be read now", 30)
        }
        SqlState::Connection | SqlState::NotReady | SqlState::OutOfResources | SqlState::Intervention => {
            Problem::away()
        }
        _ => {
            tracing::error!("{} (SQLSTATE {state})", words());
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the database has refused (SQLSTATE {state})"),
            )
        }
    }
}
