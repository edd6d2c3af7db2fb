//! Requests for `http://` through a proxy, as curl sends them: the whole URL in the request line (RFC 9112, section 3.2.2).
//! The client library would open a tunnel (`CONNECT`) for them too, which most proxies allow for port 443 alone.

use super::auth::credentials;
use crate::secret::Secret;
use std::fmt;
use std::io::{Read, Write};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};
use ureq::{Error, Proxy};

/// The end of a line of a request.
const LINE_END: &[u8] = b"\r\n";

/// Resolves the proxy's host, whatever the request's is.
#[derive(Debug)]
pub struct ProxyResolver {
    proxy: Uri,
    resolver: DefaultResolver,
}

impl ProxyResolver {
    /// For a proxy.
    pub fn new(proxy: &Proxy) -> ProxyResolver {
        ProxyResolver { proxy: proxy.uri().clone(), resolver: DefaultResolver::default() }
    }
}

impl Resolver for ProxyResolver {
    fn resolve(&self, _: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        self.resolver.resolve(&self.proxy, config, timeout)
    }
}

/// Has the requests of a connection to a proxy name their whole URL.
#[derive(Debug)]
pub struct ToProxy {
    /// The header that shows who asks, with the end of its line.
    authorization: Option<Secret>,
}

impl ToProxy {
    /// For a proxy, and the user and password in its URL.
    pub fn new(proxy: &Proxy) -> ToProxy {
        let has_user = proxy.username().is_some() || proxy.password().is_some();
        let authorization = has_user.then(|| {
            let both =
                credentials(proxy.username().unwrap_or_default(), proxy.password().unwrap_or_default());
            Secret::new(format!("Proxy-Authorization: Basic {}\r\n", both.reveal()))
        });
        ToProxy { authorization }
    }
}

impl<In: Transport> Connector<In> for ToProxy {
    type Out = AbsoluteForm<In>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let Some(authority) = details.uri.authority() else { return Err(Error::HostNotFound) };
        let config = details.config;
        Ok(chained.map(|transport| AbsoluteForm {
            origin: format!("http://{}", authority.as_str()),
            authorization: self.authorization.clone(),
            buffers: LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size()),
            begins: true,
            transport: TransportAdapter::new(transport, details.current_time.clone()),
        }))
    }
}

/// A connection to a proxy, for requests to one origin.
pub struct AbsoluteForm<T: Transport> {
    origin: String,
    authorization: Option<Secret>,
    buffers: LazyBuffers,
    /// Whether what is sent next begins a request: the first one, or one after an answer.
    begins: bool,
    transport: TransportAdapter<T>,
}

impl<T: Transport> Transport for AbsoluteForm<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.transport.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        if !std::mem::take(&mut self.begins) {
            return Ok(self.transport.write_all(output)?);
        }
        let authorization = self.authorization.as_ref().map_or("", |header| header.reveal());
        let begin = absolute(output, &self.origin, authorization);
        Ok(self.transport.write_all(&begin.ok_or(Error::InvalidProxyUrl)?)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.begins = true;
        self.transport.set_timeout(timeout);
        let read = self.transport.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.transport.get_mut().is_open()
    }
}

impl<T: Transport> fmt::Debug for AbsoluteForm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbsoluteForm").field("origin", &self.origin).finish()
    }
}

/// The begin of a request, with its whole URL in the first line and a header behind that; none where that line is not whole.
fn absolute(begin: &[u8], origin: &str, header: &str) -> Option<Vec<u8>> {
    let target = begin.iter().position(|byte| *byte == b' ')? + 1;
    let end = begin.windows(LINE_END.len()).position(|pair| pair == LINE_END)? + LINE_END.len();
    let (method, rest) = begin.split_at(target);
    let (line, rest) = rest.split_at_checked(end.checked_sub(target)?)?;
    Some([method, origin.as_bytes(), line, header.as_bytes(), rest].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_gets_the_whole_url() {
        let absolute = |text: &str| {
            let begin = absolute(text.as_bytes(), "http://h:81", "P: x\r\n")?;
            Some(String::from_utf8(begin).unwrap())
        };
        assert_eq!(
            absolute("POST /a?b=c HTTP/1.1\r\nhost: h:81\r\n\r\n{}").unwrap(),
            "POST http://h:81/a?b=c HTTP/1.1\r\nP: x\r\nhost: h:81\r\n\r\n{}"
        );
        assert_eq!(absolute("GET /a"), None);
        assert_eq!(absolute("\r\n /a"), None);
    }
}
