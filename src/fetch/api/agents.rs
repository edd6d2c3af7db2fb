//! The agents of a job: one for direct connections, one for origins that the job does not name, one for each proxy.

use super::absolute_form::{ProxyResolver, ToProxy};
use super::client_settings::ClientSettings;
use super::origin::PublicResolver;
use crate::run::web;
use crate::{Error, Place, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::Path;
use ureq::http::Uri;
use ureq::unversioned::transport::{Connector, DefaultConnector, TcpConnector};
use ureq::{Agent, Proxy, ProxyProtocol};

/// The buffers of each connection, bytes. The headers of a response must fit.
const BUFFER_BYTES: usize = 32 << 10;

/// The agents of a job.
pub struct Agents {
    direct: Agent,
    /// For origins that the job does not name.
    public: Agent,
    /// For `http` and for `https`, if the environment names a proxy.
    proxied: [Option<Agent>; 2],
}

impl Agents {
    /// Those that a job needs. Connections, proxies and certificates are as the environment and the job say.
    ///
    /// # Errors
    /// A proxy that cannot be understood, certificates that cannot be read.
    pub fn new(settings: &ClientSettings<'_>) -> Result<Agents> {
        let own = settings.ca_file.map(|file| own_authorities(settings.job, file)).transpose()?;
        let tls = web::tls_trusting(own.unwrap_or_default());
        let config = |proxy: Option<Proxy>| {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .user_agent(concat!("pghaul/", env!("CARGO_PKG_VERSION")))
                .timeout_global(Some(settings.timeout))
                .max_idle_connections(settings.concurrency)
                .max_idle_connections_per_host(settings.concurrency)
                .input_buffer_size(BUFFER_BYTES)
                .output_buffer_size(BUFFER_BYTES)
                .tls_config(tls.clone())
                .proxy(proxy)
                .build()
        };
        let tunnelled = |proxy: Proxy| config(Some(proxy)).new_agent();
        let for_http = |proxy: Proxy| match proxy.protocol() {
            ProxyProtocol::Http => {
                let connector = ().chain(TcpConnector::default()).chain(ToProxy::new(&proxy));
                Agent::with_parts(config(None), connector, ProxyResolver::new(&proxy))
            }
            _ => tunnelled(proxy),
        };
        Ok(Agents {
            direct: config(None).new_agent(),
            public: Agent::with_parts(config(None), DefaultConnector::default(), PublicResolver::default()),
            // HTTP_PROXY does not count: for a program that runs by CGI, a client's header `Proxy` sets it.
            proxied: [
                proxy_of(&["http_proxy", "ALL_PROXY", "all_proxy"])?.map(for_http),
                proxy_of(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?.map(tunnelled),
            ],
        })
    }

    /// The agent for a URL, which may lead into this network or not.
    pub fn of(&self, url: &Uri, may_be_internal: bool) -> &Agent {
        let of_scheme = usize::from(url.scheme_str() == Some("https"));
        match &self.proxied[of_scheme] {
            Some(agent) if !is_without_proxy(url) => agent,
            _ if may_be_internal => &self.direct,
            _ => &self.public,
        }
    }
}

/// The proxy that the first of these environment variables names.
fn proxy_of(names: &[&str]) -> Result<Option<Proxy>> {
    let value = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    let Some((name, url)) = names.iter().find_map(|name| Some((name, value(name)?))) else { return Ok(None) };
    let refused =
        |what: &str| Error::refused(format!("{name} {what}")).remedy("write it as http://host:port");
    let proxy = Proxy::new(&url).map_err(|_| refused("names no proxy"))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(Some(proxy)),
        _ => Err(refused("names a SOCKS proxy, which is not supported")),
    }
}

/// Whether `NO_PROXY` exempts the host.
fn is_without_proxy(url: &Uri) -> bool {
    Proxy::try_from_env().is_some_and(|proxy| proxy.is_no_proxy(url))
}

/// The certificates in the job's own file of authorities.
fn own_authorities(job: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let refused = |what: String| {
        Error::refused(what)
            .at(Place::file(file.display().to_string()))
            .remedy(format!("name a file of certificates in PEM with fetch.{job}.ca_file"))
    };
    let own = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let own = own.map_err(|error| refused(error.to_string()))?;
    if own.is_empty() { Err(refused("holds no certificate".to_owned())) } else { Ok(own) }
}
