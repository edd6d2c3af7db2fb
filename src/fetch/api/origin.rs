//! Origins of URLs, and the addresses that an API must not lead to.
//!
//! What an API answers is the word of a stranger: a redirect or a next page may name any address, that of a service on this
//! machine as well. Only origins that the configuration names get headers and body, or may be inside the network.

use crate::{Error, Result};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Scheme, host and port of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of a URL. Its user information is no part of it.
    pub fn of(url: &Uri) -> Origin {
        let scheme = url.scheme_str().unwrap_or_default().to_ascii_lowercase();
        let port = url.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        Origin { scheme, host: url.host().unwrap_or_default().to_ascii_lowercase(), port }
    }

    /// Reads an origin of the configuration.
    ///
    /// # Errors
    /// A text that is more or less than scheme, host and port.
    pub fn parse(text: &str) -> Result<Origin> {
        let url: Option<Uri> = text.parse().ok();
        let is_origin = |url: &Uri| {
            let has_no_user = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
            matches!(url.scheme_str(), Some("http" | "https")) && has_no_user && url.path() == "/"
        };
        url.filter(|url| is_origin(url) && url.query().is_none()).map(|url| Origin::of(&url)).ok_or_else(
            || {
                Error::refused("holds what is no origin")
                    .remedy("write scheme and host, such as https://other.example")
            },
        )
    }

    /// Whether the host is certainly an address of this machine or of its network, by its name alone.
    pub fn is_internal(&self) -> bool {
        let host = self.host.trim_end_matches('.');
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        // Resolvers read `127.1`, `0x7f000001` and `017700000001` as addresses, too.
        let is_odd_number = || {
            let last = host.rsplit('.').next().unwrap_or_default();
            last.starts_with("0x") || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match address {
            Ok(address) => is_internal(address),
            Err(_) => host == "localhost" || host.ends_with(".localhost") || is_odd_number(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { scheme, host, port } = self;
        match (scheme.as_str(), port) {
            ("https", 443) | ("http", 80) => write!(f, "{scheme}://{host}"),
            _ => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

/// Whether an address is not one of the public Internet (the registries of special-purpose addresses, RFC 6890).
fn is_internal(address: IpAddr) -> bool {
    let of_v4 = |address: Ipv4Addr| {
        let [a, b, c, _] = address.octets();
        matches!(a, 0 | 10 | 127 | 224..)
            || (a == 100 && (64..128).contains(&b))
            || (a == 169 && b == 254)
            || (a == 172 && (16..32).contains(&b))
            || (a == 192 && (b == 168 || (b, c) == (0, 0)))
            || (a == 198 && matches!(b, 18 | 19))
    };
    match address.to_canonical() {
        IpAddr::V4(address) => of_v4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments();
            let embedded =
                |high: u16, low: u16| of_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
            match a {
                // Unspecified, loopback, and version 4 in its old form.
                0 if [b, c, d, e, f] == [0; 5] => true,
                0x64 if b == 0xff9b => [c, d, e, f] != [0; 4] || embedded(g, h),
                0x2002 => embedded(b, c),
                _ => a & 0xfe00 == 0xfc00 || a & 0xff80 == 0xfe80 || a >= 0xff00,
            }
        }
    }
}

/// A name that leads to an address of this machine or its network.
#[derive(Debug)]
pub struct InternalAddress;

impl fmt::Display for InternalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to an address of this machine or its network")
    }
}

impl std::error::Error for InternalAddress {}

/// Resolves names as usual, but to public addresses only. The address that is checked is the one that is connected to.
#[derive(Debug, Default)]
pub struct PublicResolver(DefaultResolver);

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let all = self.0.resolve(uri, config, timeout)?;
        match all.iter().any(|address| is_internal(address.ip())) {
            true => Err(ureq::Error::Other(Box::new(InternalAddress))),
            false => Ok(all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::unversioned::transport::time::Duration;

    #[test]
    fn another_port_scheme_or_host_is_another_origin_and_a_user_is_not() {
        let of = |text: &str| Origin::of(&text.parse().unwrap());
        assert_eq!(of("https://H/a"), of("https://user:word@h:443/b"));
        for other in ["http://h/a", "https://h:444/a", "https://h.x/a"] {
            assert_ne!(of("https://h/a"), of(other));
        }
        assert_eq!(of("https://H:443/a").to_string(), "https://h");
        assert_eq!(of("http://h:8080").to_string(), "http://h:8080");
    }

    #[test]
    fn names_of_this_machine_are_not_resolved() {
        let resolve = |url: &str| {
            let timeout = NextTimeout {
                after: Duration::NotHappening,
                reason: ureq::Timeout::Global,
                ..NextTimeout::default()
            };
            PublicResolver::default().resolve(&url.parse().unwrap(), &Config::default(), timeout)
        };
        let refused = resolve("http://localhost:1").unwrap_err();
        assert!(matches!(refused, ureq::Error::Other(other) if other.is::<InternalAddress>()));
        assert_eq!(resolve("http://1.1.1.1:1").unwrap().len(), 1);
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for good in ["https://h.example", "http://127.0.0.1:8080", "https://[::1]/"] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        for bad in ["h.example", "ftp://h", "https://h/a", "https://h?x=1", "https://u:p@h", "https://", ""] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_of_this_machine_and_its_network_are_internal_however_they_are_written() {
        for internal in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::127.0.0.1]",
            "[::ffff:10.0.0.1]",
            "[64:ff9b::a00:1]",
            "[2002:7f00:1::]",
            "[fc00::1]",
            "[fd12::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST.",
            "db.localhost",
            "127.1",
            "2130706433",
            "0x7f000001",
            "127.0.0.0x1",
        ] {
            assert!(Origin::of(&format!("http://{internal}/").parse().unwrap()).is_internal(), "{internal}");
        }
        for public in [
            "1.1.1.1",
            "100.63.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "169.253.1.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.1.1.1",
            "[2606:4700::1111]",
            "[64:ff9b::101:101]",
            "[2002:101:101::]",
            "api.example.com",
            "localhost.example",
        ] {
            assert!(!Origin::of(&format!("http://{public}/").parse().unwrap()).is_internal(), "{public}");
        }
    }
}
