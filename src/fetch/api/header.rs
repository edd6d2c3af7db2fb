//! A header of each request. It is sent to the API's own origin, and to those that the job names.

use crate::{Error, Result};
use ureq::http::{HeaderName, HeaderValue};

/// A header.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name.
    pub name: HeaderName,
    /// Its value.
    pub value: HeaderValue,
}

impl Header {
    /// Checks a header.
    ///
    /// # Errors
    /// A name or a value that no header can have.
    pub fn new(name: &str, value: &str) -> Result<Header> {
        let refused = |what: &str| {
            Err(Error::refused(format!("{name} is no header that can be sent: {what}")).remedy("correct it"))
        };
        let Ok(parsed) = HeaderName::try_from(name) else { return refused("its name") };
        let Ok(value) = HeaderValue::try_from(value) else { return refused("its value") };
        Ok(Header { name: parsed, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (name, value, what) in [("a b", "x", "its name"), ("a", "x\ny", "its value")] {
            assert!(Header::new(name, value).unwrap_err().to_string().contains(what));
        }
    }
}
