//! The meaning of a response: rows and the next page, another try, or a failure.

use super::body::{BodyRules, start, text_of};
use super::filter::Known;
use super::headers::retry_after;
use super::input::Input;
use super::job_filter::JobFilter;
use super::next_named::next_named;
use super::paging::{Pager, Said};
use super::rows;
use crate::Result;
use crate::copy::values::batch::{ValueBatch, ValueColumns};
use crate::error::{one_line, shortened};
use crate::fetch::api::client::Response;
use crate::fetch::json::parse;
use crate::fetch::json::tree::Words;
use crate::fetch::pages::Pages;
use crate::fetch::requests::Request;
use crate::table::ledger::fetches::NextPage;
use jaq_json::{Map, Val};
use jiff::Timestamp;
use std::time::Duration;

/// How much of a failed response is shown and kept (characters).
const SHOWN_CHARS: usize = 200;
/// Statuses besides 5xx after which another try may help: request timeout, too early, too many requests.
const AGAIN: [u16; 3] = [408, 425, 429];
/// Statuses that ask for a pause of all requests.
const SLOW_DOWN: [u16; 2] = [429, 503];

/// After so many doubts in a row, jaq runs the filters at once.
const MOST_DOUBTS: u32 = 8;

/// The meaning of a response.
pub enum Meaning {
    /// A success.
    Rows {
        /// Its rows.
        batch: Box<ValueBatch>,
        /// The next page.
        next: Option<NextPage>,
        /// No request may start for so long.
        wait: Option<Duration>,
        /// What in the response names a next page, where the job has no pages.
        names_next: Option<&'static str>,
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
    /// Statuses that mean: there is nothing.
    pub empty: Vec<u16>,
    /// What the job says about bodies.
    pub body: BodyRules,
}

/// Makes rows of responses; each thread has its own.
pub struct Shaper {
    empty: Vec<u16>,
    body: BodyRules,
    columns: ValueColumns,
    rows: JobFilter,
    success: Option<JobFilter>,
    /// Whether the filter for success looks at the status. If not, only a 2xx is a success.
    judges_status: bool,
    wait: Option<JobFilter>,
    pager: Option<Pager>,
    scratch: String,
    /// The texts of all filters.
    words: Words,
    /// How many responses in a row have left a doubt that only jaq could end.
    doubts: u32,
}

impl Shaper {
    /// Compiles the filters of a job, whose rows have these columns.
    ///
    /// # Errors
    /// A filter that does not compile.
    pub fn new(rules: ResponseRules, columns: ValueColumns) -> Result<Shaper> {
        let mut words = Words::default();
        let mut compile =
            |filter: Option<&str>| filter.map(|filter| JobFilter::compile(filter, &mut words)).transpose();
        Ok(Shaper {
            columns,
            success: compile(rules.success.as_deref())?,
            judges_status: rules.success.is_some_and(|success| success.contains("$status")),
            wait: compile(rules.wait.as_deref())?,
            rows: JobFilter::compile(&rules.rows, &mut words)?,
            pager: rules.pages.map(|pages| Pager::new(pages, &mut words)).transpose()?,
            empty: rules.empty,
            body: rules.body,
            scratch: String::new(),
            words,
            doubts: 0,
        })
    }

    /// The meaning of the response to a request.
    pub fn meaning(&mut self, request: &Request, response: &Response) -> Meaning {
        self.judge(request, response).unwrap_or_else(Meaning::Failed)
    }

    fn judge(&mut self, request: &Request, response: &Response) -> Result<Meaning, String> {
        let status = response.status.as_u16();
        if let Some(pager) = self.pager.as_ref().filter(|pager| pager.is_end(request, status)) {
            pager.end(request)?;
            return Ok(self.nothing(request));
        }
        if self.empty.contains(&status) {
            return Ok(self.nothing(request));
        }
        let known = Known {
            // It was parsed when the request was made, so it is JSON.
            request: parse(request.object.as_bytes()).unwrap_or_default(),
            status: Val::from(usize::from(status)),
            headers: headers(response),
        };
        let is_success = response.status.is_success();
        let rules = self.body;
        let text = text_of(response, rules.encoding);
        let words = Some(&self.words).filter(|_| self.rows.quick().is_some() && self.doubts < MOST_DOUBTS);
        let read = text.as_ref().map_err(String::clone);
        let mut body = match read.and_then(|text| Input::read(text, response, &rules, words)) {
            Ok(body) => body,
            // A page of HTML, as proxies send it.
            Err(_) if !is_success => Input::from(Val::Null),
            Err(what) => return Err(format!("{what}; it begins with {}", start(&response.body))),
        };
        let asked = self.wait.as_ref().map_or(Ok(None), |wait| wait.seconds(&mut body, &known));
        let asked = match asked {
            Err(what) if is_success => return Err(format!("wait: {what}")),
            asked => asked.ok().flatten().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        };
        let of_header = response.header("retry-after").and_then(Result::ok);
        let wait = of_header.and_then(|header| retry_after(&header, Timestamp::now())).or(asked);
        let holds = match &self.success {
            Some(success) if is_success || self.judges_status => {
                let begins = || format!("; it begins with {}", start(&response.body));
                success.holds(&mut body, &known).map_err(|what| format!("success: {what}{}", begins()))?
            }
            _ => is_success,
        };
        if !holds {
            let meaning = no_success(response, wait);
            let is_beyond = self.pager.as_ref().is_some_and(|pager| pager.may_be_beyond(request, status));
            return match meaning {
                Meaning::Failed(why) if is_beyond => {
                    Err(format!("{why}; if the page before was the last one, write pages.end: [{status}]"))
                }
                other => Ok(other),
            };
        }
        // The rows come last and own the body.
        let pager = self.pager.as_ref();
        let said = pager.map(|pager| pager.read(request, &mut body, &known)).transpose()?.unwrap_or_default();
        let names_next = match pager {
            Some(_) => None,
            None => next_named(response, &body),
        };
        let batch = self.rows_of(request, body, &known)?;
        let next = self.next_page(request, response, &batch, said)?;
        Ok(Meaning::Rows { batch: Box::new(batch), next, wait, names_next })
    }

    /// A success without rows, after which there is no page.
    fn nothing(&self, request: &Request) -> Meaning {
        Meaning::Rows { batch: Box::new(self.batch(request)), next: None, wait: None, names_next: None }
    }

    fn batch(&self, request: &Request) -> ValueBatch {
        let mut batch = ValueBatch::new(&self.columns, None);
        batch.begin_source(request.name().into(), request.number, request.rows_before);
        batch
    }

    fn rows_of(
        &mut self,
        request: &Request,
        mut body: Input<'_>,
        known: &Known,
    ) -> Result<ValueBatch, String> {
        if let (Some(quick), Some((tree, root))) = (self.rows.quick(), body.tree()) {
            let mut batch = self.batch(request);
            let (columns, scratch) = (&self.columns, &mut self.scratch);
            let mut is_odd = false;
            let done = quick.run(tree, root, known, &mut |tree, row| {
                is_odd = !rows::push_node(&mut batch, columns, tree, row, scratch);
                !is_odd
            });
            if done.is_ok() && !is_odd {
                self.doubts = 0;
                return Ok(batch);
            }
            self.doubts += 1;
        } else if self.rows.quick().is_some() {
            // There is no tree of this body, and there may be none of the next.
            self.doubts = self.doubts.saturating_add(1);
        }
        let mut batch = self.batch(request);
        let mut fault = None;
        let is_empty = body.is_null();
        let (columns, scratch) = (&self.columns, &mut self.scratch);
        self.rows.by_jaq().run(body.take_value()?, known, &mut |output| {
            match output {
                Ok(row) => rows::push(&mut batch, columns, &row, scratch),
                Err(what) => {
                    let body = if is_empty { "; the response is empty" } else { "" };
                    fault = Some(format!("rows: {}{body}", shortened(&one_line(&what), SHOWN_CHARS)));
                }
            }
            fault.is_none()
        });
        match fault {
            None => Ok(batch),
            Some(what) => Err(what),
        }
    }

    fn next_page(
        &self,
        request: &Request,
        response: &Response,
        batch: &ValueBatch,
        said: Said,
    ) -> Result<Option<NextPage>, String> {
        let rows = (batch.rows() + batch.rejects().len()) as u64;
        self.pager.as_ref().map_or(Ok(None), |pager| pager.next(request, response, rows, said))
    }
}

/// The meaning of a response that is no success, after which the API may ask to `wait`.
fn no_success(response: &Response, wait: Option<Duration>) -> Meaning {
    let (status, begins) = (response.status, start(&response.body));
    let number = status.as_u16();
    let why = match (status.is_success(), response.body.is_empty()) {
        (true, _) => format!("is no success by the filter; it begins with {begins}"),
        (false, true) => format!("HTTP status {status}"),
        (false, false) => format!("HTTP status {status}: {begins}"),
    };
    let may_pass = AGAIN.contains(&number) || status.is_server_error();
    match wait {
        None if !may_pass => Meaning::Failed(why),
        _ => Meaning::Again { why, wait, everyone: wait.is_some() || SLOW_DOWN.contains(&number) },
    }
}

/// The headers of a response as an object: names in lower case, headers of one name as one.
fn headers(response: &Response) -> Val {
    let mut object = Map::default();
    for name in response.headers.keys() {
        let value = response.header(name.as_str()).and_then(Result::ok).unwrap_or_default();
        object.insert(Val::utf8_str(name.as_str().to_owned()), Val::utf8_str(value));
    }
    Val::obj(object)
}
