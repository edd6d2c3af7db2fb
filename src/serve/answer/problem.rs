//! Failures as clients see them: problem documents (RFC 9457).

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// One problem.
#[derive(Debug)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// What happened, in words, without SQL or secrets.
    pub detail: String,
    /// The column or parameter at fault.
    pub column: Option<String>,
    /// Whether reading the catalog again may solve it.
    pub of_unknown_name: bool,
    header: Option<(HeaderName, String)>,
}

impl Problem {
    /// A problem with this status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), column: None, of_unknown_name: false, header: None }
    }

    /// A parameter or value that cannot be understood.
    pub fn bad(column: &str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail).of(column)
    }

    /// A well-formed body whose rows cannot be written.
    pub fn unprocessable(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// Something that does not exist.
    pub fn not_found(what: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// The same problem, marked as being about a name that the database may know by now.
    pub fn unknown_name(mut self) -> Problem {
        self.of_unknown_name = true;
        self
    }

    /// A method that is not granted; `allowed` lists the granted ones.
    pub fn method(allowed: &str) -> Problem {
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not granted here");
        problem.with(ALLOW, allowed)
    }

    /// A missing or wrong token, and what is wrong with it.
    pub fn token(wrong: &str) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, wrong).with(WWW_AUTHENTICATE, "Bearer realm=\"pghaul\"")
    }

    /// What the client's token does not allow.
    pub fn forbidden(detail: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, detail)
    }

    /// A problem that may be over after `seconds`, at least 1.
    pub fn later(status: StatusCode, detail: impl Into<String>, seconds: u64) -> Problem {
        Problem::new(status, detail).with(RETRY_AFTER, seconds.max(1).to_string())
    }

    /// The database cannot be reached, or has no connection left.
    pub fn away() -> Problem {
        Problem::later(StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached", 1)
    }

    /// The same problem, with the column at fault.
    pub fn of(mut self, column: &str) -> Problem {
        self.column = Some(column.to_owned());
        self
    }

    /// The same problem, with this header; it takes the place of another one.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Problem {
        self.header = Some((name, value.into()));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut document = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Problem"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(column) = self.column {
            document["column"] = column.into();
        }
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some((name, value)) = self.header.and_then(|(name, value)| Some((name, value.parse().ok()?))) {
            headers.insert(name, value);
        }
        response
    }
}
