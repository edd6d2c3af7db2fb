//! HTTP exchanges. Redirects are followed here rather than by the library, since headers and body must never go to an origin that
//! the job does not name.

use super::agents::Agents;
use super::auth::Authorization;
use super::client_settings::ClientSettings;
use super::coding::{ACCEPTED, decoded};
use super::failure::Failure;
use super::header::Header;
use super::limiter::Limiter;
use super::memory::{Memory, Share};
use super::origin::Origin;
use super::window::Window;
use crate::fetch::response::headers::retry_after;
use crate::fetch::url::join_to;
use crate::report::stopwatch::Stopwatch;
use crate::table::ledger::fetches::turns::SharedLimit;
use crate::{Error, Result};
use jiff::Timestamp;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::response::Parts;
use ureq::http::{self, HeaderMap, HeaderValue, StatusCode, Uri, header};

/// The most redirects of a request. An honest API needs one.
const MAX_REDIRECTS: usize = 5;
/// Room for a response at first (bytes).
const FIRST_BYTES: usize = 16 << 10;
/// Of each response, so many bytes need no share of the memory.
const FREE_BYTES: u64 = 1 << 20;
/// How much larger each further step of a long response is.
const STEP: u64 = 4;
/// What a byte of a response takes, with the values that are made of it (bytes).
const MEMORY_PER_BYTE: u64 = 12;

/// A response, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The URL that the response came from, after redirects.
    pub url: String,
    /// The body, inflated.
    pub body: Vec<u8>,
    /// Its share of the run's memory, until its rows are made; none outside of a run.
    pub share: Option<Share>,
}

impl Response {
    /// The headers of a name as one, since they mean the same (RFC 9110, section 5.3); none where there is none.
    ///
    /// # Errors
    /// A header that is no text.
    pub fn header(&self, name: &str) -> Option<Result<String, ()>> {
        let mut values = self.headers.get_all(name).iter().peekable();
        values.peek()?;
        let texts = values.map(|value| std::str::from_utf8(value.as_bytes()).map_err(|_| ()));
        Some(texts.collect::<Result<Vec<_>, _>>().map(|texts| texts.join(", ")))
    }
}

/// The client of a job; all threads share it.
pub struct Client {
    agents: Agents,
    method: http::Method,
    headers: Vec<Header>,
    authorization: Authorization,
    names_host: bool,
    origins: Vec<Origin>,
    max_response: u64,
    max_wait: Duration,
    memory: Arc<Memory>,
    limiter: Limiter,
    watch: Stopwatch,
}

impl Client {
    /// The client for a job.
    ///
    /// # Errors
    /// An invalid method, a proxy that cannot be understood, certificates that cannot be read.
    pub fn new(settings: ClientSettings<'_>) -> Result<Client> {
        let method = http::Method::from_bytes(settings.method.as_bytes()).map_err(|_| {
            Error::refused(format!("fetch.{}.method is no HTTP method", settings.job))
                .remedy("write GET or POST")
        })?;
        Ok(Client {
            agents: Agents::new(&settings)?,
            method,
            headers: settings.headers.to_vec(),
            authorization: Authorization::new(settings.auth.cloned()),
            names_host: settings.names_host,
            origins: settings.origins.to_vec(),
            max_response: settings.max_response,
            max_wait: settings.max_wait,
            memory: Memory::new(settings.max_memory),
            limiter: Limiter::new(Window::new(settings.limit, settings.window, settings.strict)),
            watch: Stopwatch::default(),
        })
    }

    /// Counts with other processes as well, over this connection.
    pub fn share(&mut self, limit: SharedLimit, connection: postgres::Client) {
        self.limiter.share(limit, connection);
    }

    /// The limiter, to pause all requests.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// The seconds in which at least one request was on its way, or waited for its turn.
    pub fn seconds(&self) -> f64 {
        self.watch.seconds()
    }

    /// Sends a request with headers of its `own`, and follows redirects. Headers and body are sent only to the origin of `home`, and to
    /// those that the job names. A token that the API refuses is renewed once.
    ///
    /// # Errors
    /// What has failed; an API that redirects too often, that wants the body to go elsewhere, or that leads into this network;
    /// `stopped`.
    pub fn send(
        &self,
        url: &str,
        home: &str,
        body: Option<&str>,
        own: &[Header],
        stopped: &dyn Fn() -> bool,
    ) -> Result<Response, Failure> {
        let _work = self.watch.begin();
        let home = Origin::of(&uri(home)?);
        let (mut url, mut method, mut body) = (uri(url)?, self.method.clone(), body);
        let (mut redirects, mut has_renewed) = (0, false);
        while redirects <= MAX_REDIRECTS {
            let trust = self.trust(&url, &home, body.is_some())?;
            let started = self.limiter.start(stopped)?;
            // Behind the wait for a turn, in which a token may end.
            let authorization = match trust.gets_headers {
                true => {
                    self.authorization.header(|url| Some(self.agents.of(&url.parse().ok()?, true).clone()))
                }
                false => Ok(None),
            };
            let authorization = authorization.inspect_err(|_| self.limiter.end(started, false))?;
            let own = (own, authorization.as_ref());
            let exchanged = self.exchange(&url, &method, body, own, trust, stopped);
            self.limiter.end(started, exchanged.is_ok());
            let (parts, bytes, share) = exchanged?;
            let (status, headers) = (parts.status, parts.headers);
            // At once, before the response is looked at: another request might start meanwhile.
            let wait = headers
                .get(header::RETRY_AFTER)
                .and_then(|wait| retry_after(wait.to_str().ok()?, Timestamp::now()));
            if let Some(wait) = wait.filter(|wait| *wait <= self.max_wait) {
                self.limiter.pause(wait);
            }
            if status == StatusCode::UNAUTHORIZED && !has_renewed {
                has_renewed = self.authorization.expire(authorization.as_ref());
                if has_renewed {
                    continue;
                }
            }
            let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
            let (301 | 302 | 303 | 307 | 308, Some(location)) = (status.as_u16(), location) else {
                let url = url.to_string();
                return Ok(Response { status, headers, url, body: bytes, share: Some(share) });
            };
            if status == StatusCode::SEE_OTHER || (status.as_u16() < 303 && method == http::Method::POST) {
                (method, body) = (http::Method::GET, None);
            }
            url = uri(&join_to(&url, location))?;
            redirects += 1;
        }
        Err(Failure::Never(format!("is redirected more than {MAX_REDIRECTS} times")))
    }

    /// How far an origin is trusted.
    fn trust(&self, url: &Uri, home: &Origin, has_body: bool) -> Result<Trust, Failure> {
        let origin = Origin::of(url);
        let (is_home, is_listed) = (origin == *home, self.origins.contains(&origin));
        if is_listed || (is_home && self.names_host) {
            return Ok(Trust { gets_headers: true, may_be_internal: true });
        }
        if has_body && !is_home {
            return Err(Failure::Never(format!(
                "would send its body to {origin}, where the API leads; if that is right, name it in origins"
            )));
        }
        // A proxy resolves names itself.
        if origin.is_internal() {
            return Err(Failure::inside(&origin));
        }
        Ok(Trust { gets_headers: is_home, may_be_internal: false })
    }

    fn exchange(
        &self,
        url: &Uri,
        method: &http::Method,
        body: Option<&str>,
        (own, authorization): (&[Header], Option<&HeaderValue>),
        trust: Trust,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(Parts, Vec<u8>, Share), Failure> {
        let mut request = http::Request::builder().method(method).uri(url);
        for header in self.headers.iter().chain(own).filter(|_| trust.gets_headers) {
            request = request.header(&header.name, &header.value);
        }
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let has = |name| self.headers.iter().chain(own).any(|header| header.name == name);
        if !has(header::ACCEPT_ENCODING) {
            request = request.header(header::ACCEPT_ENCODING, ACCEPTED);
        }
        let never = |error: http::Error| Failure::Never(format!("cannot be sent: {error}"));
        let agent = self.agents.of(url, trust.may_be_internal);
        let response = match body {
            Some(body) => {
                if !has(header::CONTENT_TYPE) {
                    request = request.header(header::CONTENT_TYPE, "application/json");
                }
                agent.run(request.body(body.to_owned()).map_err(never)?)
            }
            None => agent.run(request.body(()).map_err(never)?),
        };
        let (parts, body) = response.map_err(|error| Failure::of(&error, url))?.into_parts();
        let mut raw = body.into_with_config().limit(u64::MAX).reader();
        let codings = parts.headers.get_all(header::CONTENT_ENCODING).iter();
        let codings: Vec<&str> = codings.filter_map(|coding| coding.to_str().ok()).collect();
        let mut content = decoded(&codings.join(","), Box::new(&mut raw)).map_err(Failure::Never)?;
        let (bytes, share) = self.read(&mut content, url, stopped)?;
        drop(content);
        // A connection is used again once its response is read to the end, of which a decoder need not know.
        let _ = raw.read(&mut [0]);
        Ok((parts, bytes, share))
    }

    /// Reads a body, step by step: each step is taken once there is memory for it and its values. Inflated bytes count.
    fn read(
        &self,
        reader: &mut impl Read,
        url: &Uri,
        stopped: &dyn Fn() -> bool,
    ) -> Result<(Vec<u8>, Share), Failure> {
        let mut bytes = Vec::with_capacity(FIRST_BYTES);
        let mut share = self.memory.share();
        // One byte beyond the limit shows that the response is too large.
        let most = self.max_response.saturating_add(1);
        let mut step = FREE_BYTES.min(most);
        loop {
            let room = step - bytes.len() as u64;
            let read = reader.take(room).read_to_end(&mut bytes);
            let read = read.map_err(|error| Failure::of(&ureq::Error::from(error), url))?;
            if bytes.len() as u64 == most {
                let most = crate::config::Size(self.max_response);
                let what = format!("has a response larger than {most}, which max_response allows");
                return Err(Failure::Never(what));
            }
            if (read as u64) < room {
                return Ok((bytes, share));
            }
            step = (step * STEP).min(most);
            if !share.grow(step.saturating_mul(MEMORY_PER_BYTE), stopped) {
                return Err(Failure::Stopped);
            }
        }
    }
}

/// How far an origin is trusted.
#[derive(Debug, Clone, Copy)]
struct Trust {
    /// Whether it gets the job's headers.
    gets_headers: bool,
    /// Whether it may be an address of this machine or its network.
    may_be_internal: bool,
}

fn uri(text: &str) -> Result<Uri, Failure> {
    let parsed: Option<Uri> = text.parse().ok();
    let has_host = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    parsed
        .filter(has_host)
        .ok_or_else(|| Failure::Never(format!("goes to {text}, which is not the URL of a web server")))
}
