//! One HTTP exchange after the other: connections that are kept, proxies, certificates, and redirects followed by hand,
//! so that secret headers never go to another host.

use super::limiter::{Turn, Window};
use crate::error::with_sources;
use crate::fetch::settings::Settings;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use ureq::http::{self, HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// Redirects that are followed; an honest API needs one.
const MAX_REDIRECTS: usize = 5;
/// How often those who wait look whether the run was stopped.
const POLL: Duration = Duration::from_millis(50);
/// Read from a response at a time, and more than its headers need (bytes); of each connection.
const BUFFER_BYTES: usize = 32 << 10;
/// What is read of a response at first, unless it says how long it is.
const FIRST_BYTES: usize = 16 << 10;
/// Headers that are secret even if no environment variable is in them.
const SECRET_HEADERS: [HeaderName; 3] = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];

/// A header of each request.
#[derive(Debug, Clone)]
pub struct Header {
    name: HeaderName,
    value: HeaderValue,
    secret: bool,
}

/// A response, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The header `Link`.
    pub link: Option<String>,
    /// The URL that it came from, after redirects.
    pub url: String,
    /// The body, inflated.
    pub body: Vec<u8>,
}

/// Why there is no response.
#[derive(Debug)]
pub enum Failure {
    /// Another try may help.
    Again(String),
    /// It would fail again.
    Never(String),
    /// The run was stopped.
    Stopped,
}

/// The client of a job; all threads share it.
pub struct Client {
    direct: Agent,
    /// For `http` and `https`, where the environment names a proxy.
    proxied: [Option<(Agent, Proxy)>; 2],
    method: http::Method,
    headers: Vec<Header>,
    max_response: u64,
    limiter: Limiter,
}

/// The limiter with its clock.
pub struct Limiter {
    window: Mutex<Window>,
    changed: Condvar,
    since: Instant,
}

impl Header {
    /// Checks a header.
    ///
    /// # Errors
    /// A name or a value that no header can have.
    pub fn new(name: &str, value: &str, holds_secret: bool) -> Result<Header> {
        let refused = |what: &str| {
            Err(Error::refused(format!("{name} is no header that can be sent: {what}")).remedy("correct it"))
        };
        let Ok(parsed) = HeaderName::try_from(name) else { return refused("its name") };
        let Ok(value) = HeaderValue::try_from(value) else { return refused("its value") };
        let secret = holds_secret || SECRET_HEADERS.contains(&parsed);
        Ok(Header { name: parsed, value, secret })
    }
}

impl Limiter {
    fn new(window: Window) -> Limiter {
        Limiter { window: Mutex::new(window), changed: Condvar::new(), since: Instant::now() }
    }

    /// Waits for a turn; gives the time of the start, or nothing once `stopped`.
    fn start(&self, stopped: &dyn Fn() -> bool) -> Option<Duration> {
        let mut window = self.window();
        loop {
            if stopped() {
                return None;
            }
            let now = self.since.elapsed();
            let wait = match window.turn(now) {
                Turn::Now => return Some(now),
                Turn::At(time) => time.saturating_sub(now).min(POLL),
                Turn::AfterAnother => POLL,
            };
            window = self.changed.wait_timeout(window, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn end(&self, started: Duration, answered: bool) {
        self.window().end(started, self.since.elapsed(), answered);
        self.changed.notify_one();
    }

    /// Nobody starts a request for so long.
    pub fn pause(&self, time: Duration) {
        self.window().pause(self.since.elapsed() + time);
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// The client for a job.
    ///
    /// # Errors
    /// A method that is none, a proxy that cannot be understood, certificates that cannot be read.
    pub fn new(settings: &Settings) -> Result<Client> {
        let method = http::Method::from_bytes(settings.method.as_bytes()).map_err(|_| {
            Error::refused(format!("fetch.{}.method is none", settings.job)).remedy("write GET or POST")
        })?;
        let tls = tls(settings)?;
        let agent = |proxy: Option<Proxy>| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .user_agent(concat!("pghaul/", env!("CARGO_PKG_VERSION")))
                .timeout_global(Some(settings.timeout))
                .max_idle_connections(settings.concurrency)
                .max_idle_connections_per_host(settings.concurrency)
                .input_buffer_size(BUFFER_BYTES)
                .output_buffer_size(BUFFER_BYTES)
                .tls_config(tls.clone())
                .proxy(proxy);
            config.build().new_agent()
        };
        let proxied = |names: &[&str]| -> Result<Option<(Agent, Proxy)>> {
            let url = names.iter().find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()));
            let Some(url) = url else { return Ok(None) };
            let proxy = Proxy::new(&url).map_err(|_| {
                Error::refused(format!("{} names no proxy", names[0])).remedy("write it as http://host:port")
            })?;
            Ok(Some((agent(Some(proxy.clone())), proxy)))
        };
        Ok(Client {
            direct: agent(None),
            // In capitals, HTTP_PROXY could come from a header of whoever runs us by CGI.
            proxied: [
                proxied(&["http_proxy", "ALL_PROXY", "all_proxy"])?,
                proxied(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?,
            ],
            method,
            headers: settings.headers.clone(),
            max_response: settings.max_response,
            limiter: Limiter::new(Window::new(settings.limit, settings.window, settings.strict)),
        })
    }

    /// The limiter, for who is told to slow down.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Sends a request, and follows redirects. `home` is the URL that the secret headers are for.
    pub fn send(
        &self,
        url: &str,
        home: &str,
        body: Option<&str>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Response, Failure> {
        let home = uri(home)?;
        let (mut url, mut method, mut body) = (uri(url)?, self.method.clone(), body);
        for _ in 0..=MAX_REDIRECTS {
            let keeps_secrets = origin(&url) == origin(&home);
            let started = self.limiter.start(stopped).ok_or(Failure::Stopped)?;
            let exchanged = self.exchange(&url, &method, body, keeps_secrets);
            self.limiter.end(started, exchanged.is_ok());
            let (status, headers, bytes) = exchanged?;
            let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
            let (301 | 302 | 303 | 307 | 308, Some(location)) = (status.as_u16(), location) else {
                let text = |name: HeaderName| Some(headers.get(name)?.to_str().ok()?.to_owned());
                let (retry_after, link) = (text(header::RETRY_AFTER), text(header::LINK));
                return Ok(Response { status, retry_after, link, url: url.to_string(), body: bytes });
            };
            if status == StatusCode::SEE_OTHER || (status.as_u16() < 303 && method == http::Method::POST) {
                (method, body) = (http::Method::GET, None);
            }
            url = uri(&join(&url, location))?;
        }
        Err(Failure::Never(format!("is redirected more than {MAX_REDIRECTS} times")))
    }

    fn exchange(
        &self,
        url: &Uri,
        method: &http::Method,
        body: Option<&str>,
        keeps_secrets: bool,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), Failure> {
        let mut request = http::Request::builder().method(method).uri(url);
        for header in self.headers.iter().filter(|header| keeps_secrets || !header.secret) {
            request = request.header(&header.name, &header.value);
        }
        let never = |error: http::Error| Failure::Never(format!("cannot be sent: {error}"));
        let agent = self.agent(url);
        let response = match body {
            Some(body) => {
                if !self.headers.iter().any(|header| header.name == header::CONTENT_TYPE) {
                    request = request.header(header::CONTENT_TYPE, "application/json");
                }
                agent.run(request.body(body.to_owned()).map_err(never)?)
            }
            None => agent.run(request.body(()).map_err(never)?),
        };
        let (parts, body) = response.map_err(|error| failure(&error))?.into_parts();
        let expected = body.content_length().unwrap_or(0).min(self.max_response);
        let mut bytes = Vec::with_capacity((expected as usize).max(FIRST_BYTES));
        // One byte more tells that there is more. It is the inflated bytes that count.
        let mut reader = body.into_with_config().limit(u64::MAX).reader().take(self.max_response + 1);
        reader.read_to_end(&mut bytes).map_err(|error| failure(&ureq::Error::from(error)))?;
        if bytes.len() as u64 > self.max_response {
            let most = crate::config::Size(self.max_response);
            return Err(Failure::Never(format!(
                "has a response larger than {most}, which max_response allows"
            )));
        }
        Ok((parts.status, parts.headers, bytes))
    }

    fn agent(&self, url: &Uri) -> &Agent {
        let of_scheme = usize::from(url.scheme_str() == Some("https"));
        match &self.proxied[of_scheme] {
            Some((agent, _)) if !is_without_proxy(url) => agent,
            _ => &self.direct,
        }
    }
}

/// Whether `NO_PROXY` exempts the host.
fn is_without_proxy(url: &Uri) -> bool {
    Proxy::try_from_env().is_some_and(|proxy| proxy.is_no_proxy(url))
}

/// The certificates that count: the system's (or those of `SSL_CERT_FILE`), and the job's own.
fn tls(settings: &Settings) -> Result<TlsConfig> {
    let mut ders: Vec<CertificateDer<'static>> = rustls_native_certs::load_native_certs().certs;
    if let Some(file) = &settings.ca_file {
        let refused = |what: String| {
            Error::refused(what)
                .at(Place::file(file.display().to_string()))
                .remedy(format!("name a file of certificates in PEM with fetch.{}.ca_file", settings.job))
        };
        let own = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let own = own.map_err(|error| refused(error.to_string()))?;
        if own.is_empty() {
            return Err(refused("holds no certificate".to_owned()));
        }
        ders.extend(own);
    }
    let roots: Vec<Certificate<'static>> =
        ders.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    let roots = RootCerts::new_with_certs(&roots);
    let builder = TlsConfig::builder().root_certs(roots);
    Ok(builder.unversioned_rustls_crypto_provider(Arc::new(ring::default_provider())).build())
}

fn uri(text: &str) -> Result<Uri, Failure> {
    let parsed: Option<Uri> = text.parse().ok();
    let has_host = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    parsed
        .filter(has_host)
        .ok_or_else(|| Failure::Never(format!("is to go to {text}, which is no URL of a web server")))
}

/// Scheme, host and port: where secret headers may go.
fn origin(url: &Uri) -> (Option<&str>, Option<String>, u16) {
    let default = if url.scheme_str() == Some("https") { 443 } else { 80 };
    (url.scheme_str(), url.host().map(str::to_ascii_lowercase), url.port_u16().unwrap_or(default))
}

/// The URL that `reference` means on the page `base` (RFC 3986, section 5.2, without dots in paths).
pub fn join(base: &Uri, reference: &str) -> String {
    let (scheme, authority) =
        (base.scheme_str().unwrap_or("https"), base.authority().map_or("", |a| a.as_str()));
    let reference = reference.split('#').next().unwrap_or_default();
    let is_absolute = reference.split_once("://").is_some_and(|(scheme, _)| {
        scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    if is_absolute {
        reference.to_owned()
    } else if let Some(rest) = reference.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if reference.starts_with('/') {
        format!("{scheme}://{authority}{reference}")
    } else if reference.starts_with('?') {
        format!("{scheme}://{authority}{}{reference}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{reference}")
    }
}

/// The URL that a next page's reference means.
pub fn join_text(base: &str, reference: &str) -> String {
    match base.parse::<Uri>() {
        Ok(base) => join(&base, reference),
        Err(_) => reference.to_owned(),
    }
}

/// What an exchange's failure means.
fn failure(error: &ureq::Error) -> Failure {
    let text = with_sources(error);
    match error {
        _ if text.contains("certificate") => Failure::Never(format!(
            "is not sent, since the server's certificate cannot be trusted: {text}; name its authority with ca_file or SSL_CERT_FILE"
        )),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl => Failure::Never(text),
        ureq::Error::Timeout(_) => Failure::Again(format!("takes longer than timeout allows ({text})")),
        _ => Failure::Again(text),
    }
}

/// Whether a signal has asked to stop.
pub fn is_interrupted() -> bool {
    interrupt::requested().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_to_their_page() {
        let base: Uri = "https://h:8/a/b?x=1".parse().unwrap();
        for (reference, url) in [
            ("http://other/x", "http://other/x"),
            ("//other/x", "https://other/x"),
            ("/x?y=2#z", "https://h:8/x?y=2"),
            ("?y=2", "https://h:8/a/b?y=2"),
            ("x", "https://h:8/a/x"),
            ("x?u=http://y", "https://h:8/a/x?u=http://y"),
        ] {
            assert_eq!(join(&base, reference), url);
        }
    }

    #[test]
    fn another_port_or_scheme_is_another_host() {
        let of = |text: &str| text.parse::<Uri>().unwrap();
        assert_eq!(origin(&of("https://H/a")), origin(&of("https://h:443/b")));
        for other in ["http://h/a", "https://h:444/a", "https://h.x/a"] {
            assert_ne!(origin(&of("https://h/a")), origin(&of(other)));
        }
    }
}
