//! A job with everything resolved: what its configuration says, checked, and what was typed.

use super::api::client::Header;
use super::requests::Source;
use super::response::filter::Filter;
use super::response::pages::Pages;
use super::secrets::Secrets;
use super::template::{Escape, Template};
use crate::config::{Config, Destination, FetchCfg, RateCfg, SecretText, Text};
use crate::copy::rejects::limit::RejectLimit;
use crate::run::cores;
use crate::{Error, Place, Result};
use std::path::PathBuf;
use std::time::Duration;

/// Requests at once, unless the job says otherwise.
const DEFAULT_CONCURRENCY: usize = 16;
/// More threads than any API wants to see.
const MAX_CONCURRENCY: usize = 1000;
/// The longest time for one request with its response.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request is tried again.
const DEFAULT_RETRIES: u32 = 5;
/// The longest wait that the API may ask for.
const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(300);
/// The largest response, bytes: its values take about ten times as much while its rows are made.
const DEFAULT_MAX_RESPONSE: u64 = 64 << 20;
/// Where rejects go.
const DEFAULT_REJECTS: &str = "rejects";

/// What was typed.
#[derive(Debug, Default)]
pub struct Request {
    /// The job's name.
    pub job: String,
    /// Go on with what an earlier run has begun.
    pub resume: bool,
    /// Requests that may fail for good.
    pub max_failures: u64,
    /// Rows that may be put aside.
    pub max_rejects: RejectLimit,
    /// Where they go.
    pub rejects: Option<PathBuf>,
    /// Connections that copy.
    pub workers: Option<usize>,
}

/// A job.
#[derive(Debug)]
pub struct Settings {
    /// Its name.
    pub job: String,
    /// Where the requests come from.
    pub source: Source,
    /// The URL of a request.
    pub url: Template,
    /// The method.
    pub method: String,
    /// The headers.
    pub headers: Vec<Header>,
    /// The body of a request.
    pub body: Option<Template>,
    /// Requests in a window; 0 for no limit.
    pub limit: usize,
    /// The window's length.
    pub window: Duration,
    /// Whether a request counts until its response is there.
    pub strict: bool,
    /// Requests at once.
    pub concurrency: usize,
    /// The longest time for one request with its response.
    pub timeout: Duration,
    /// How often a request is tried again.
    pub retries: u32,
    /// The longest wait that the API may ask for.
    pub max_wait: Duration,
    /// Tells whether a response is a success.
    pub success: Option<String>,
    /// Gives the seconds that the API asks to wait.
    pub wait: Option<String>,
    /// Gives the rows.
    pub rows: String,
    /// How to get the next page.
    pub pages: Option<Pages>,
    /// The largest response, bytes.
    pub max_response: u64,
    /// Certificates that count besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Where the rows go.
    pub into: Destination,
    /// Statements before the first request.
    pub before: Vec<String>,
    /// Statements when all rows are there.
    pub after: Vec<String>,
    /// What must not be shown.
    pub secrets: Secrets,
    /// Go on with what an earlier run has begun.
    pub resume: bool,
    /// Requests that may fail for good.
    pub max_failures: u64,
    /// Rows that may be put aside.
    pub max_rejects: RejectLimit,
    /// Where they go.
    pub rejects: PathBuf,
    /// Connections that copy.
    pub workers: usize,
}

impl Settings {
    /// Checks a job of the configuration.
    ///
    /// # Errors
    /// No job of that name; everything that is wrong with it and can be told without the database, all at once.
    pub fn resolve(request: Request, config: &Config) -> Result<Settings> {
        let Request { job, .. } = &request;
        let jobs = config.file.fetch.as_ref().map(|jobs| &jobs.0[..]).unwrap_or_default();
        let Some((_, cfg)) = jobs.iter().find(|(name, _)| name == job) else {
            let known: Vec<&str> = jobs.iter().map(|(name, _)| name.as_str()).collect();
            let remedy = match &known[..] {
                [] => {
                    "describe one under fetch: in config.yml, or name another file with --config".to_owned()
                }
                known => format!("name one of these: {}", known.join(", ")),
            };
            return Err(Error::refused(format!("fetch: there is no job {job}")).remedy(remedy));
        };
        let place = |key: &str| Place::file(format!("fetch.{job}.{key}"));
        let mut errors = Vec::new();
        let mut keep = |key: &str, result: Result<()>| {
            if let Err(error) = result {
                errors.push(error.at(place(key)));
            }
        };
        for (key, filter) in filters(cfg) {
            keep(key, Filter::compile(&filter.0).map(drop));
        }
        let mut value = |key: &str, result: Result<Value>| match result {
            Ok(value) => Some(value),
            Err(error) => {
                keep(key, Err(error));
                None
            }
        };
        let source = value("requests", Source::resolve(&cfg.requests, config).map(Value::Source));
        let url = value("url", url_template(&cfg.url.text).map(Value::Template));
        let body = cfg
            .body
            .as_ref()
            .map(|body| value("body", Template::parse(&body.text, Escape::Json).map(Value::Template)));
        let headers = value("headers", headers(cfg).map(Value::Headers));
        let rate = value("rate", rate(cfg.rate.as_ref()).map(|(limit, window)| Value::Rate(limit, window)));
        let pages = cfg.pages.as_ref().map(|pages| value("pages", Pages::resolve(pages).map(Value::Pages)));
        let into = value("into", cfg.into.resolve().map(|into| Value::Into(Box::new(into))));
        let concurrency = cfg.concurrency.map_or(DEFAULT_CONCURRENCY, |number| number.0);
        if !(1..=MAX_CONCURRENCY).contains(&concurrency) {
            let what = format!("{concurrency} is not from 1 to {MAX_CONCURRENCY}");
            keep("concurrency", Err(Error::refused(what).remedy("name a number of requests at once")));
        }
        let (Some(Value::Source(source)), Some(Value::Template(url)), Some(Value::Headers(headers))) =
            (source, url, headers)
        else {
            return Err(Error::many(errors));
        };
        let (Some(Value::Rate(limit, window)), Some(Value::Into(into))) = (rate, into) else {
            return Err(Error::many(errors));
        };
        if !errors.is_empty() {
            return Err(Error::many(errors));
        }
        let texts = |texts: &[Text]| texts.iter().map(|text| text.0.clone()).collect();
        let filter = |filter: &Option<Text>| filter.as_ref().map(|filter| filter.0.clone());
        Ok(Settings {
            source,
            url,
            method: cfg.method.as_ref().map_or("GET".to_owned(), |method| method.0.to_ascii_uppercase()),
            headers,
            body: match body {
                Some(Some(Value::Template(body))) => Some(body),
                _ => None,
            },
            limit,
            window,
            strict: cfg.rate.as_ref().is_some_and(|rate| rate.strict),
            concurrency,
            timeout: cfg.timeout.map_or(DEFAULT_TIMEOUT, |span| span.0),
            retries: cfg.retries.map_or(DEFAULT_RETRIES, |number| number.0),
            max_wait: cfg.max_wait.map_or(DEFAULT_MAX_WAIT, |span| span.0),
            success: filter(&cfg.success),
            wait: filter(&cfg.wait),
            rows: cfg.rows.0.clone(),
            pages: match pages {
                Some(Some(Value::Pages(pages))) => Some(pages),
                _ => None,
            },
            max_response: cfg.max_response.map_or(DEFAULT_MAX_RESPONSE, |size| size.0),
            ca_file: cfg.ca_file.as_ref().map(|file| config.path(&file.0)),
            into: *into,
            before: texts(&cfg.before),
            after: texts(&cfg.after),
            secrets: secrets(cfg),
            resume: request.resume,
            max_failures: request.max_failures,
            max_rejects: request.max_rejects,
            rejects: request.rejects.unwrap_or_else(|| DEFAULT_REJECTS.into()),
            workers: request
                .workers
                .or(config.file.max_workers.map(|number| number.0).filter(|workers| *workers > 0))
                .unwrap_or_else(|| cores::count().get()),
            job: request.job,
        })
    }
}

/// What a key was resolved to.
enum Value {
    Source(Source),
    Template(Template),
    Headers(Vec<Header>),
    Rate(usize, Duration),
    Pages(Pages),
    Into(Box<Destination>),
}

fn filters(cfg: &FetchCfg) -> impl Iterator<Item = (&'static str, &Text)> {
    let next = cfg.pages.as_ref().and_then(|pages| pages.next.as_ref());
    let filters = [
        ("rows", Some(&cfg.rows)),
        ("success", cfg.success.as_ref()),
        ("wait", cfg.wait.as_ref()),
        ("pages.next", next),
    ];
    filters.into_iter().filter_map(|(key, filter)| Some((key, filter?)))
}

fn url_template(text: &str) -> Result<Template> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err(Error::refused("begins with neither http:// nor https://").remedy("write the whole URL"));
    }
    Template::parse(text, Escape::Percent)
}

fn headers(cfg: &FetchCfg) -> Result<Vec<Header>> {
    let headers = cfg.headers.as_ref().map(|headers| &headers.0[..]).unwrap_or_default();
    headers.iter().map(|(name, value)| Header::new(name, &value.text, !value.secrets.is_empty())).collect()
}

/// How many requests in a window of which length.
fn rate(rate: Option<&RateCfg>) -> Result<(usize, Duration)> {
    let Some(rate) = rate else { return Ok((0, Duration::from_secs(1))) };
    let per = rate.per.map_or(Duration::from_secs(1), |span| span.0);
    let window = rate.window.map_or(per, |span| span.0);
    if rate.requests.0 == 0 || per.is_zero() || window < per {
        return Err(Error::refused("allows no request, or has a window that is shorter than per")
            .remedy("write for example {requests: 25, per: 1s, window: 10s}"));
    }
    let requests = u128::from(rate.requests.0) * window.as_millis() / per.as_millis();
    let limit = usize::try_from(requests).map_err(|_| Error::refused("allows too many requests to count"))?;
    Ok((limit, window))
}

fn secrets(cfg: &FetchCfg) -> Secrets {
    let headers = cfg.headers.iter().flat_map(|headers| &headers.0).map(|(_, value)| value);
    let texts = headers.chain([&cfg.url]).chain(&cfg.body);
    Secrets::new(texts.flat_map(|SecretText { secrets, .. }| secrets.iter().cloned()))
}
