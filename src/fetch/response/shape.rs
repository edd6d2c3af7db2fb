//! The meaning of a response: rows and the next page, another try, or a failure.

use super::filter::Filter;
use super::headers::{next_link, retry_after};
use crate::Result;
use crate::copy::values::batch::{ValueBatch, ValueColumns};
use crate::error::{one_line, shortened};
use crate::fetch::api::client::Response;
use crate::fetch::json::{kind_of, parse, parse_within, push, text_of};
use crate::fetch::pages::{Pages, Way};
use crate::fetch::requests::Request;
use crate::fetch::url::join;
use jaq_json::Val;
use jiff::Timestamp;
use std::time::Duration;
use ureq::http::Uri;

/// How much of a failed response is shown and kept (characters).
const SHOWN_CHARS: usize = 200;
/// Statuses besides 5xx after which another try may help: request timeout, too early, too many requests.
const AGAIN: [u16; 3] = [408, 425, 429];
/// Statuses that ask for a pause of all requests.
const SLOW_DOWN: [u16; 2] = [429, 503];

/// The meaning of a response.
pub enum Meaning {
    /// A success.
    Rows {
        /// Its rows.
        batch: ValueBatch,
        /// The URL of the next page.
        next: Option<String>,
        /// No request may start for so long.
        wait: Option<Duration>,
    },
    /// Another try may help.
    Again {
        /// Why.
        why: String,
        /// The next try is after so long, if the API says so.
        wait: Option<Duration>,
        /// Whether all requests wait, not only this one.
        everyone: bool,
    },
    /// Another try would end the same way.
    Failed(String),
}

/// What a job says about responses.
#[derive(Debug, Clone)]
pub struct ResponseRules {
    /// The filter that gives the rows.
    pub rows: String,
    /// The filter that tells a success.
    pub success: Option<String>,
    /// The filter that gives the seconds to wait.
    pub wait: Option<String>,
    /// The pages of a request.
    pub pages: Option<Pages>,
    /// What the values of a response may take in memory, bytes.
    pub max_memory: u64,
}

/// Makes rows of responses; each thread has its own.
pub struct Shaper {
    pages: Option<Pages>,
    max_memory: u64,
    columns: ValueColumns,
    rows: Filter,
    success: Option<Filter>,
    wait: Option<Filter>,
    next: Option<Filter>,
    scratch: String,
}

impl Shaper {
    /// Compiles the filters of a job, whose rows have these columns.
    ///
    /// # Errors
    /// A filter that does not compile.
    pub fn new(rules: ResponseRules, columns: ValueColumns) -> Result<Shaper> {
        let compile = |filter: Option<&str>| filter.map(Filter::compile).transpose();
        let next = rules.pages.as_ref().and_then(|pages| match &pages.way {
            Way::Next(filter) => Some(filter.as_str()),
            _ => None,
        });
        Ok(Shaper {
            columns,
            rows: Filter::compile(&rules.rows)?,
            success: compile(rules.success.as_deref())?,
            wait: compile(rules.wait.as_deref())?,
            next: compile(next)?,
            pages: rules.pages,
            max_memory: rules.max_memory,
            scratch: String::new(),
        })
    }

    /// The meaning of the response to a request.
    pub fn meaning(&mut self, request: &Request, response: &Response) -> Meaning {
        let status = response.status.as_u16();
        // It was parsed when the request was made, so it is JSON.
        let object = parse(request.object.as_bytes()).unwrap_or_default();
        if !response.status.is_success() {
            return self.of_status(status, &object, response);
        }
        let body = match parse_within(&response.body, self.max_memory) {
            Ok(body) => body,
            Err(_) if response.body.iter().all(u8::is_ascii_whitespace) => Val::Null,
            Err(what) => return Meaning::Failed(format!("{what}; it begins with {}", start(&response.body))),
        };
        let wait = match self.asked_to_wait(&body, &object) {
            Ok(wait) => wait,
            Err(what) => return Meaning::Failed(format!("wait: {what}")),
        };
        match self.success.as_ref().map(|success| success.holds(body.clone(), object.clone())) {
            None | Some(Ok(true)) => {}
            Some(Err(what)) => {
                return Meaning::Failed(format!("success: {what}; it begins with {}", start(&response.body)));
            }
            Some(Ok(false)) => {
                let why = format!("is no success by the filter; it begins with {}", start(&response.body));
                return match wait {
                    Some(_) => Meaning::Again { why, wait, everyone: true },
                    None => Meaning::Failed(why),
                };
            }
        }
        // The rows come last and own the body: the filter then takes it apart without a copy.
        let named = match self.named_next(&body, &object) {
            Ok(named) => named,
            Err(what) => return Meaning::Failed(what),
        };
        let batch = match self.rows_of(request, body, object) {
            Ok(batch) => batch,
            Err(what) => return Meaning::Failed(what),
        };
        match self.next_page(request, response, &batch, named) {
            Ok(next) => Meaning::Rows { batch, next, wait },
            Err(what) => Meaning::Failed(what),
        }
    }

    fn of_status(&self, status: u16, object: &Val, response: &Response) -> Meaning {
        let shown =
            if response.body.is_empty() { String::new() } else { format!(": {}", start(&response.body)) };
        let why = format!("HTTP status {}{shown}", response.status);
        if !(AGAIN.contains(&status) || (500..600).contains(&status)) {
            return Meaning::Failed(why);
        }
        let from_body = || {
            let body = parse_within(&response.body, self.max_memory).ok()?;
            self.asked_to_wait(&body, object).ok().flatten()
        };
        let from_header =
            response.retry_after.as_deref().and_then(|header| retry_after(header, Timestamp::now()));
        let wait = from_header.or_else(from_body);
        Meaning::Again { why, wait, everyone: wait.is_some() || SLOW_DOWN.contains(&status) }
    }

    fn asked_to_wait(&self, body: &Val, object: &Val) -> Result<Option<Duration>, String> {
        let Some(wait) = &self.wait else { return Ok(None) };
        let seconds = wait.seconds(body.clone(), object.clone())?;
        Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
    }

    fn rows_of(&mut self, request: &Request, body: Val, object: Val) -> Result<ValueBatch, String> {
        let mut batch = ValueBatch::new(&self.columns, None);
        batch.begin_source(request.name().into(), request.number, request.rows_before);
        let mut fault = None;
        let (columns, scratch) = (&self.columns, &mut self.scratch);
        self.rows.run(body, object, &mut |output| {
            match output {
                Ok(row) => push_row(&mut batch, columns, &row, scratch),
                Err(what) => fault = Some(format!("rows: {}", shortened(&one_line(&what), SHOWN_CHARS))),
            }
            fault.is_none()
        });
        match fault {
            None => Ok(batch),
            Some(what) => Err(what),
        }
    }

    /// The next page that the response names in its body.
    fn named_next(&self, body: &Val, object: &Val) -> Result<Option<String>, String> {
        match &self.next {
            Some(filter) => {
                filter.text(body.clone(), object.clone()).map_err(|what| format!("pages.next: {what}"))
            }
            None => Ok(None),
        }
    }

    fn next_page(
        &self,
        request: &Request,
        response: &Response,
        batch: &ValueBatch,
        named: Option<String>,
    ) -> Result<Option<String>, String> {
        let Some(pages) = &self.pages else { return Ok(None) };
        let most = pages.most;
        let next = match &pages.way {
            Way::Next(_) => named,
            Way::Link => response.link.as_deref().and_then(next_link).map(str::to_owned),
            Way::Counted { .. } => {
                pages.counted(&request.url, request.page, batch.rows() + batch.rejects().len())
            }
        };
        let next = next.map(|next| join(&response.url, &next));
        match &next {
            Some(_) if request.page >= most => {
                Err(format!("has more than {most} pages, which pages.most allows"))
            }
            // The ledger keeps it, with marks that no URL can have.
            Some(next) if next.parse::<Uri>().is_err() => {
                Err(format!("names {} as its next page, which is no URL", start(next.as_bytes())))
            }
            Some(next) if **next == *request.url => Err("names itself as its next page".to_owned()),
            _ => Ok(next),
        }
    }
}

/// Makes a row of an output: an array has the values in the order of the columns, an object has them by name.
fn push_row(batch: &mut ValueBatch, columns: &ValueColumns, row: &Val, scratch: &mut String) {
    let pushed = match row {
        Val::Arr(values) => values.iter().try_for_each(|value| push(batch, value, scratch)),
        Val::Obj(object) => {
            let is_column = |key: &Val| {
                text_of(key).is_some_and(|key| columns.columns().iter().any(|column| column.name == key))
            };
            match object.keys().find(|key| !is_column(key)) {
                Some(key) => {
                    let key = text_of(key).unwrap_or_default();
                    Err(format!("row has {}, which is none of the columns", shortened(key, SHOWN_CHARS)))
                }
                None => columns.columns().iter().try_for_each(|column| {
                    let value = object.get(&Val::utf8_str(column.name.clone()));
                    push(batch, value.unwrap_or(&Val::Null), scratch)
                }),
            }
        }
        other => Err(format!("row is {}, neither an array nor an object", kind_of(other))),
    };
    match pushed {
        Ok(()) => batch.end_row(),
        Err(what) => batch.reject_row(what),
    }
}

/// The start of a body, quoted, for messages.
pub fn start(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN_CHARS)]);
    format!("{:?}", shortened(text.trim(), SHOWN_CHARS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_shown_by_its_start() {
        assert_eq!(start(b"  <html>\n\xff"), "\"<html>\\n\u{fffd}\"");
        assert!(start("ä".repeat(1000).as_bytes()).chars().count() < 210);
    }
}
