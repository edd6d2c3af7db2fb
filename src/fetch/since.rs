//! What has changed since the last run: the greatest value of a column, which the ledger keeps from each run that is complete.

use crate::config::{Mode, SinceCfg, Span};
use crate::pg::ident::{Qualified, quote};
use crate::table::ledger::fetches;
use crate::{Error, Place, Result};
use postgres::{Client, GenericClient};
use std::time::Duration;

/// The name of the value in templates and in `requests.sql`.
pub const NAME: &str = "$since";

/// What a job says about what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The column of the table whose values grow with each change.
    pub column: String,
    /// The value for a first run.
    pub start: String,
    /// So much is asked for once more.
    pub overlap: Duration,
}

impl Since {
    /// Checks what the configuration says; `is_used` tells whether a template or the query has the value in it.
    ///
    /// # Errors
    /// Rows that would be replaced by those of a run that asks for less; a value that nothing uses.
    pub fn resolve(cfg: &SinceCfg, mode: Mode, is_used: bool) -> Result<Since> {
        if mode == Mode::Replace {
            return Err(Error::refused("what has changed would replace all that was there")
                .remedy("write mode: upsert, or leave since out"));
        }
        if !is_used {
            return Err(Error::refused(format!("nothing uses {NAME}"))
                .remedy(format!("write {{{NAME}}} into url, headers or body, or {NAME} into requests.sql")));
        }
        Ok(Since {
            column: cfg.column.0.clone(),
            start: cfg.start.0.clone(),
            overlap: cfg.overlap.map_or(Duration::ZERO, |Span(overlap)| overlap),
        })
    }

    /// The value that a run begins with. If the table has lost rows, it is at most the greatest value there; without a complete run or
    /// without rows, it is the job's start.
    ///
    /// # Errors
    /// A column that the table lacks, or that holds neither times nor numbers; what the server reports.
    pub fn begin(&self, client: &mut Client, job: &str, table: &Qualified) -> Result<String> {
        let kind =
            self.kind(client, table).map_err(|error| error.at(Place::file(format!("fetch.{job}.since"))))?;
        let Some(last) = fetches::since(client, job)? else { return Ok(self.start.clone()) };
        let (of_type, column) = (kind.type_name(), quote(&self.column));
        let overlap = match kind {
            Kind::Number => String::new(),
            _ => format!(" - make_interval(secs => {})", self.overlap.as_secs_f64()),
        };
        let value = kind.text(&format!("least($1::text::{of_type}, max({column})){overlap}"));
        let sql = format!("SELECT {value} FROM {table} HAVING max({column}) IS NOT NULL");
        let begins = client.query_opt(&sql, &[&last])?;
        Ok(begins.map_or_else(|| self.start.clone(), |row| row.get(0)))
    }

    /// The greatest value that the table has, for the ledger; none where it has no rows. One that is ahead of the server's clock is
    /// warned about, since it hides later changes.
    ///
    /// # Errors
    /// As [`Since::begin`].
    pub fn end(
        &self,
        client: &mut impl GenericClient,
        job: &str,
        table: &Qualified,
    ) -> Result<Option<String>> {
        let kind = self.kind(client, table)?;
        let last = format!("max({})", quote(&self.column));
        let is_ahead =
            kind.now().map_or("false".to_owned(), |now| format!("coalesce({last} > {now}, false)"));
        let row = client.query_one(&format!("SELECT {last}::text, {is_ahead} FROM {table}"), &[])?;
        let (last, is_ahead): (Option<String>, bool) = (row.get(0), row.get(1));
        if let Some(last) = last.as_deref().filter(|_| is_ahead) {
            let column = &self.column;
            tracing::warn!(
                "fetch.{job}.since: the greatest {column}, {last}, is ahead of the server's clock, and hides what changes before it"
            );
        }
        Ok(last)
    }

    fn kind(&self, client: &mut impl GenericClient, table: &Qualified) -> Result<Kind> {
        let sql = "SELECT format_type(atttypid, NULL) FROM pg_attribute \
                   WHERE attrelid = $1::text::regclass AND attname = $2 AND attnum > 0 AND NOT attisdropped";
        let row = client.query_opt(sql, &[&table.to_string(), &self.column])?;
        let name: Option<String> = row.map(|row| row.get(0));
        let refused = |what: String| {
            Error::refused(what).remedy(
                "name a column of into.columns whose values grow with each change: a time or a number",
            )
        };
        let kind = match name.as_deref() {
            None => return Err(refused(format!("the table has no column {}", self.column))),
            Some("timestamp with time zone") => Kind::Moment,
            Some("timestamp without time zone") => Kind::Timestamp,
            Some("date") => Kind::Date,
            Some("integer" | "bigint" | "smallint" | "numeric") => Kind::Number,
            Some(other) => {
                return Err(refused(format!(
                    "column {} is {other}, neither a time nor a number",
                    self.column
                )));
            }
        };
        if kind == Kind::Number && !self.overlap.is_zero() {
            let what = format!("overlap is a time, and column {} is a number", self.column);
            return Err(Error::refused(what).remedy("leave overlap out"));
        }
        Ok(kind)
    }
}

/// The type of the column, by how its values are written in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Moment,
    Timestamp,
    Date,
    Number,
}

impl Kind {
    fn type_name(self) -> &'static str {
        match self {
            Kind::Moment => "timestamptz",
            Kind::Timestamp => "timestamp",
            Kind::Date => "date",
            Kind::Number => "numeric",
        }
    }

    /// The SQL of the server's time; none for numbers.
    fn now(self) -> Option<&'static str> {
        match self {
            Kind::Moment => Some("now()"),
            Kind::Timestamp => Some("(now() AT TIME ZONE 'UTC')"),
            Kind::Date => Some("current_date"),
            Kind::Number => None,
        }
    }

    /// The SQL of a value's text: times as ISO 8601.
    fn text(self, value: &str) -> String {
        let iso = "'YYYY-MM-DD\"T\"HH24:MI:SS.US'";
        match self {
            Kind::Moment => format!("to_char(({value}) AT TIME ZONE 'UTC', {iso}) || 'Z'"),
            Kind::Timestamp => format!("to_char({value}, {iso})"),
            Kind::Date => format!("to_char({value}, 'YYYY-MM-DD')"),
            Kind::Number => format!("({value})::text"),
        }
    }
}
