//! A header of each request, which may be secret.

use crate::{Error, Result};
use ureq::http::{HeaderName, HeaderValue, header};

/// Headers that are secret even without an environment variable in them.
const SECRET_HEADERS: [HeaderName; 3] = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];

/// A header.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name.
    pub name: HeaderName,
    /// Its value.
    pub value: HeaderValue,
    /// Whether it is sent to no other origin than that of the job's URL.
    pub secret: bool,
}

impl Header {
    /// Checks a header. `holds_secret` makes it secret whatever its name.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_secret_by_its_name_or_its_value() {
        let secret = |name: &str, holds_secret| Header::new(name, "x", holds_secret).unwrap().secret;
        assert!(secret("authorization", false) && secret("Cookie", false) && secret("X-Key", true));
        assert!(!secret("Accept", false));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (name, value, what) in [("a b", "x", "its name"), ("a", "x\ny", "its value")] {
            assert!(Header::new(name, value, false).unwrap_err().to_string().contains(what));
        }
    }
}
