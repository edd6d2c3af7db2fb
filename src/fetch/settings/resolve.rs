//! Makes settings of a job of the configuration, and of flags.

use super::faults::Faults;
use super::{DEFAULT_PER, RunRequest, Settings, sender};
use crate::config::{Config, FetchCfg, OrderedMap, RateCfg, Text, find_job};
use crate::copy::input::charset::Charset;
use crate::fetch::api::header::JobHeader;
use crate::fetch::api::origin::Origin;
use crate::fetch::pages::{Pages, Way, statuses};
use crate::fetch::requests::source::Source;
use crate::fetch::response::body::Form;
use crate::fetch::response::filter::Filter;
use crate::fetch::response::paging::setter;
use crate::fetch::since::{self, Since};
use crate::run::cores;
use crate::{Error, Result};
use std::time::Duration;

/// Requests at once, unless the job says otherwise.
const DEFAULT_CONCURRENCY: usize = 16;
/// The most requests at once: more threads than any API wants to see.
const MAX_CONCURRENCY: usize = 1000;
/// The longest time for one request with its response.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// Further tries of a request.
const DEFAULT_RETRIES: u32 = 5;
/// The longest wait that the API may ask for.
const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(300);
/// The largest response, bytes: its values take about ten times as much while its rows are made.
const DEFAULT_MAX_RESPONSE: u64 = 64 << 20;
/// The memory of responses and their values, bytes: enough for the largest response with honest values.
const DEFAULT_MAX_MEMORY: u64 = 1 << 30;
/// The folder for rejects, unless a flag names another one.
const DEFAULT_REJECTS: &str = "rejects";

impl Settings {
    /// Checks a job of the configuration.
    ///
    /// # Errors
    /// No job of that name; everything that is wrong with it, as far as that needs no database.
    pub fn resolve(request: RunRequest, config: &Config) -> Result<Settings> {
        let RunRequest { job, .. } = &request;
        let none = OrderedMap::default();
        let cfg = find_job(config.file.fetch.as_ref().unwrap_or(&none), "fetch", job, config)?;
        let mut faults = Faults { job, errors: Vec::new() };
        for (key, filter) in filters(cfg) {
            faults.take(key, Filter::compile(&filter));
        }
        let source = faults.take("requests", Source::resolve(&cfg.requests, config));
        let (url, user) = faults.take("url", sender::url(cfg)).unzip();
        let auth = sender::auth(cfg, user.flatten(), &mut faults);
        let body = sender::body(cfg).and_then(|body| faults.take("body", body));
        let headers = faults.take("headers", sender::headers(cfg));
        let origins = cfg.origins.iter().map(|origin| Origin::parse(&origin.0)).collect();
        let origins = faults.take("origins", origins);
        let rate = faults.take("rate", rate(cfg.rate.as_ref()));
        let pages = cfg.pages.as_ref().and_then(|pages| faults.take("pages", Pages::resolve(pages)));
        if body.is_none() && pages.as_ref().is_some_and(|pages| matches!(pages.way, Way::Body(_))) {
            let error = Error::refused("puts values into a body, and the job has none");
            faults.take::<()>("pages.body", Err(error.remedy("write body: '{{}}'")));
        }
        let empty = faults.take("empty", statuses("empty", &cfg.empty));
        let form = cfg.format.as_ref().map_or(Ok(Form::default()), |name| {
            let error = || Error::refused(format!("{} is none", name.0)).remedy("write json, ndjson or csv");
            Form::of(&name.0).ok_or_else(error)
        });
        let form = faults.take("format", form);
        let encoding = cfg.encoding.as_ref().map(|label| {
            let error =
                || Error::refused(format!("{} is unknown", label.0)).remedy("write for example latin_1");
            Charset::for_label(&label.0).ok_or_else(error)
        });
        let encoding = encoding.and_then(|encoding| faults.take("encoding", encoding));
        let into = faults.take("into", cfg.into.resolve());
        let concurrency = cfg.concurrency.map_or(DEFAULT_CONCURRENCY, |number| number.0);
        if !(1..=MAX_CONCURRENCY).contains(&concurrency) {
            let what = format!("{concurrency} is not from 1 to {MAX_CONCURRENCY}");
            let error = Error::refused(what).remedy("name a number of requests at once");
            faults.take::<()>("concurrency", Err(error));
        }
        let uses_since = body.as_ref().is_some_and(|body| body.uses(since::NAME))
            || url.as_ref().is_some_and(|url| url.uses(since::NAME))
            || headers.iter().flatten().any(|header| header.uses(since::NAME))
            || matches!(&source, Some(Source::Sql(sql)) if sql.contains(since::NAME));
        let since = cfg.since.as_ref().map(|since| Since::resolve(since, cfg.into.mode, uses_since));
        if since.is_none() && uses_since {
            let error = Error::refused(format!("{} is used, and not known", since::NAME));
            let remedy = "write since: {column: updated_at, start: '2020-01-01'}";
            faults.take::<()>("since", Err(error.remedy(remedy)));
        }
        let since = since.and_then(|since| faults.take("since", since));
        let errors = faults.errors;
        let given = (source, url, headers, origins, rate, into, empty, form, errors.is_empty());
        let (
            Some(source),
            Some(url),
            Some(headers),
            Some(origins),
            Some((limit, window)),
            Some(into),
            Some(empty),
            Some(form),
            true,
        ) = given
        else {
            return Err(Error::many(errors));
        };
        let (filled_headers, fixed): (Vec<_>, Vec<_>) =
            headers.into_iter().partition(|header| matches!(header, JobHeader::Filled(..)));
        let fixed = fixed.into_iter().filter_map(|header| match header {
            JobHeader::Fixed(header) => Some(header),
            JobHeader::Filled(..) => None,
        });
        let texts = |texts: &[Text]| texts.iter().map(|text| text.0.clone()).collect();
        let filter = |filter: &Option<Text>| filter.as_ref().map(|filter| filter.0.clone());
        Ok(Settings {
            source,
            url,
            method: cfg.method.as_ref().map_or("GET".to_owned(), |method| method.0.to_ascii_uppercase()),
            headers: fixed.collect(),
            filled_headers,
            auth,
            origins,
            body,
            limit,
            window,
            strict: cfg.rate.as_ref().is_some_and(|rate| rate.strict),
            share: cfg.rate.as_ref().and_then(|rate| rate.share.as_ref()).map(|share| share.0.clone()),
            concurrency,
            timeout: cfg.timeout.map_or(DEFAULT_TIMEOUT, |span| span.0),
            retries: cfg.retries.map_or(DEFAULT_RETRIES, |number| number.0),
            max_wait: cfg.max_wait.map_or(DEFAULT_MAX_WAIT, |span| span.0),
            success: filter(&cfg.success),
            wait: filter(&cfg.wait),
            rows: cfg.rows.0.clone(),
            pages,
            empty,
            form,
            encoding,
            max_response: cfg.max_response.map_or(DEFAULT_MAX_RESPONSE, |size| size.0),
            max_memory: cfg.max_memory.map_or(DEFAULT_MAX_MEMORY, |size| size.0),
            ca_file: cfg.ca_file.as_ref().map(|file| config.path(&file.0)),
            since,
            into,
            before: texts(&cfg.before),
            after: texts(&cfg.after),
            secrets: sender::secrets(cfg),
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

/// All filters of a job, with their keys.
fn filters(cfg: &FetchCfg) -> impl Iterator<Item = (&'static str, String)> {
    let pages = cfg.pages.as_ref();
    let text = |filter: Option<&Text>| filter.map(|filter| filter.0.clone());
    let filters = [
        ("rows", Some(cfg.rows.0.clone())),
        ("success", text(cfg.success.as_ref())),
        ("wait", text(cfg.wait.as_ref())),
        ("pages.next", text(pages.and_then(|pages| pages.next.as_ref()))),
        ("pages.items", text(pages.and_then(|pages| pages.items.as_ref()))),
        ("pages.total", text(pages.and_then(|pages| pages.total.as_ref()))),
    ];
    let cursors = pages.and_then(|pages| pages.body.as_ref()).map(|body| &body.0[..]).unwrap_or_default();
    let of_body = cursors
        .iter()
        .flat_map(|(path, filter)| [("pages.body", setter(path)), ("pages.body", filter.0.clone())]);
    let of_body: Vec<_> = of_body.collect();
    filters.into_iter().filter_map(|(key, filter)| Some((key, filter?))).chain(of_body)
}

/// The number of requests in a window, and its length.
fn rate(rate: Option<&RateCfg>) -> Result<(usize, Duration)> {
    let Some(rate) = rate else { return Ok((0, DEFAULT_PER)) };
    let per = rate.per.map_or(DEFAULT_PER, |span| span.0);
    let window = rate.window.map_or(per, |span| span.0);
    if rate.requests.0 == 0 || per.is_zero() || window < per {
        return Err(Error::refused("allows no request, or has a window that is shorter than per")
            .remedy("write for example {requests: 25, per: 1s, window: 10s}"));
    }
    let requests = u128::from(rate.requests.0) * window.as_millis() / per.as_millis();
    let limit = usize::try_from(requests).map_err(|_| Error::refused("allows too many requests to count"))?;
    Ok((limit, window))
}
