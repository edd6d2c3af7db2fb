//! The next page of a request. An end is an end only where it is certain: a page without rows may have items that the filter has
//! left out, and a short page may be one that the API has cut.

use super::body::start;
use super::filter::{Filter, Known};
use super::headers::next_link;
use super::input::Input;
use super::job_filter::JobFilter;
use crate::Result;
use crate::fetch::api::client::Response;
use crate::fetch::json::tree::Words;
use crate::fetch::json::{parse, write_json};
use crate::fetch::pages::{Counted, Pages, Way};
use crate::fetch::requests::Request;
use crate::fetch::url::join;
use crate::table::ledger::fetches::NextPage;
use jaq_json::Val;
use ureq::http::Uri;

/// Looks for the next page; each thread that makes rows has its own.
pub struct Pager {
    pages: Pages,
    next: Option<JobFilter>,
    items: Option<JobFilter>,
    total: Option<JobFilter>,
    /// The cursors of a body: what gives the value, and what puts it into its place.
    cursors: Vec<(JobFilter, Filter)>,
}

/// What a page says in its body.
#[derive(Debug, Default)]
pub struct Said {
    /// The URL of the next page.
    next: Option<String>,
    /// The body of the request for the next page.
    body: Option<String>,
    /// Its items, where it is known what they are.
    items: Option<u64>,
    /// The items of all pages.
    total: Option<u64>,
    /// Why there may be items in it, though it has no rows.
    doubt: Option<&'static str>,
}

/// The filter that puts a value into a body: its input is a list of both.
pub fn setter(path: &str) -> String {
    format!(".[1] as $value | .[0] | ({path}) = $value")
}

impl Pager {
    /// Compiles the filters; their texts go to `words`.
    ///
    /// # Errors
    /// A filter that does not compile.
    pub fn new(pages: Pages, words: &mut Words) -> Result<Pager> {
        let (next, cursors) = match &pages.way {
            Way::Next(filter) => (Some(JobFilter::compile(filter, words)?), Vec::new()),
            Way::Body(paths) => {
                let cursor = |(path, filter): &(String, String)| {
                    Ok((JobFilter::compile(filter, words)?, Filter::compile(&setter(path))?))
                };
                (None, paths.iter().map(cursor).collect::<Result<_>>()?)
            }
            _ => (None, Vec::new()),
        };
        let mut compile = |filter: &Option<String>| {
            filter.as_deref().map(|filter| JobFilter::compile(filter, words)).transpose()
        };
        let (items, total) = (compile(&pages.items)?, compile(&pages.total)?);
        Ok(Pager { next, cursors, items, total, pages })
    }

    /// Whether a response of this status says that the page before was the last one.
    pub fn is_end(&self, request: &Request, status: u16) -> bool {
        request.page > 1 && self.pages.end.contains(&status)
    }

    /// Whether a response of this status may be the API's answer for a page beyond the last one.
    pub fn may_be_beyond(&self, request: &Request, status: u16) -> bool {
        let counts = matches!(self.pages.way, Way::Page(_) | Way::Offset(_));
        counts && request.page > 1 && matches!(status, 400 | 404 | 416 | 422)
    }

    /// Reads what a page says, before rows are made of it.
    ///
    /// # Errors
    /// What a filter reports, or gives and is of no use.
    pub fn read(&self, request: &Request, body: &mut Input<'_>, known: &Known) -> Result<Said, String> {
        let mut said = Said::default();
        if let Some(next) = &self.next {
            said.next = next.text(body, known).map_err(|what| format!("pages.next: {what}"))?;
        }
        if !self.cursors.is_empty() {
            said.body = self.next_body(request, body, known).map_err(|what| format!("pages.body: {what}"))?;
        }
        if let Some(total) = &self.total {
            said.total = total.count(body, known).map_err(|what| format!("pages.total: {what}"))?;
        }
        said.items = match &self.items {
            Some(items) => {
                let count = items.count(body, known).map_err(|what| format!("pages.items: {what}"))?;
                Some(count.unwrap_or(0))
            }
            None => body.only_list(),
        };
        said.doubt = match self.items {
            Some(_) => None,
            None if body.is_null() => Some("is empty"),
            None => body.has_elements().then_some("has lists that are not empty"),
        };
        Ok(said)
    }

    /// The body with all cursors in it; none where a cursor has come to its end.
    fn next_body(
        &self,
        request: &Request,
        body: &mut Input<'_>,
        known: &Known,
    ) -> Result<Option<String>, String> {
        let mut next = parse(request.body.as_deref().unwrap_or("{}").as_bytes())?;
        for (value, set) in &self.cursors {
            let value = match value.first(body, known)? {
                Val::Null | Val::Bool(false) => return Ok(None),
                value => value,
            };
            next = set.first(Val::Arr(vec![next, value].into()), known)?;
        }
        let mut text = String::new();
        write_json(&mut text, &next)?;
        Ok(Some(text))
    }

    /// The page that follows, if one does.
    ///
    /// # Errors
    /// Where it is not certain whether pages follow, or the next one was there before.
    pub fn next(
        &self,
        request: &Request,
        response: &Response,
        rows: u64,
        said: Said,
    ) -> Result<Option<NextPage>, String> {
        let items = said.items.unwrap_or(match &self.pages.way {
            Way::Offset(Counted { step, .. }) if rows > 0 => *step,
            _ => rows,
        });
        let so_far = request.items_before + items;
        let total = said.total.or(request.total);
        let next = match &self.pages.way {
            Way::Next(_) => said.next.map(|next| (next, None)),
            Way::Body(_) => said.body.map(|body| (request.url.to_string(), Some(body))),
            Way::Link => linked(response)?.map(|next| (next, None)),
            Way::Page(_) | Way::Offset(_) if total.is_some_and(|total| so_far >= total) => None,
            Way::Page(_) | Way::Offset(_) if items == 0 => {
                if let Some(doubt) = said.doubt {
                    return Err(format!(
                        "gives no rows, but {doubt}, so that it may not be the last page; say with pages.items what its items are"
                    ));
                }
                None
            }
            Way::Page(_) | Way::Offset(_) if request.is_as_before(&response.body) => {
                return Err("is the same as the page before: the API gives its last page again, or does not know the parameter that \
                            counts; correct it, or say with pages.total or pages.end where the end is"
                    .to_owned());
            }
            Way::Page(_) | Way::Offset(_) => {
                self.check_step(request, items)?;
                self.pages.counted(&request.url, request.page, so_far).map(|next| (next, None))
            }
        };
        let Some((reference, body)) = next else {
            return match total.filter(|total| so_far < *total) {
                Some(total) => Err(missing(so_far, total)),
                None => Ok(None),
            };
        };
        if request.page >= self.pages.most {
            return Err(format!("has more than {} pages, which pages.most allows", self.pages.most));
        }
        let url = join(&response.url, &reference);
        // The ledger keeps it, with marks that no URL can have.
        if url.parse::<Uri>().is_err() {
            return Err(format!("names {} as its next page, which is no URL", start(reference.as_bytes())));
        }
        let next = NextPage { url, body, items_before: so_far, total };
        if request.was_there(&next) {
            return Err("names a page as its next one that was there before".to_owned());
        }
        Ok(Some(next))
    }

    /// Checks the pages before one that has items: an offset is right only where all of them had `step` items.
    fn check_step(&self, request: &Request, items: u64) -> Result<(), String> {
        let Way::Offset(Counted { step, .. }) = &self.pages.way else { return Ok(()) };
        let asked = step * u64::from(request.page - 1);
        if items == 0 || request.items_before >= asked {
            return Ok(());
        }
        Err(format!(
            "follows on pages that had {} items in place of {asked}, and has items: the API gives fewer than pages.step at a \
             time, or leaves some out; set pages.step to what it gives",
            request.items_before
        ))
    }

    /// Checks the end that a status says.
    ///
    /// # Errors
    /// Fewer items than the pages before have stated.
    pub fn end(&self, request: &Request) -> Result<(), String> {
        match request.total.filter(|total| request.items_before < *total) {
            Some(total) => Err(missing(request.items_before, total)),
            None => Ok(()),
        }
    }
}

fn missing(so_far: u64, total: u64) -> String {
    format!("is the last page, but there were {so_far} items so far, and pages.total gives {total}")
}

/// The page that the headers `Link` name as the next one.
fn linked(response: &Response) -> Result<Option<String>, String> {
    let Some(links) = response.header("link") else { return Ok(None) };
    let next = links.as_deref().map_err(|_| ()).and_then(next_link);
    next.map(|next| next.map(str::to_owned)).map_err(|()| "has a header Link that cannot be read".to_owned())
}
