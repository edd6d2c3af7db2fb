//! Headers of requests. They are sent to the API's own origin, and to those that the job names.

use crate::fetch::template::Template;
use crate::{Error, Result};
use jaq_json::Val;
use ureq::http::{HeaderName, HeaderValue};

/// A header.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its name.
    pub name: HeaderName,
    /// Its value.
    pub value: HeaderValue,
}

/// A header of a job, whose value the fields of a request may fill.
#[derive(Debug, Clone)]
pub enum JobHeader {
    /// It is the same in each request.
    Fixed(Header),
    /// Each request has its own value.
    Filled(HeaderName, Template),
}

impl Header {
    /// Checks a header.
    ///
    /// # Errors
    /// A name or a value that no header can have.
    pub fn new(name: &str, value: &str) -> Result<Header> {
        let Ok(value) = HeaderValue::try_from(value) else { return Err(refused(name, "its value")) };
        Ok(Header { name: name_of(name)?, value })
    }
}

impl JobHeader {
    /// Checks a header whose value is a template.
    ///
    /// # Errors
    /// As [`Header::new`].
    pub fn new(name: &str, value: Template) -> Result<JobHeader> {
        match value.fixed() {
            Some(text) => Header::new(name, text).map(JobHeader::Fixed),
            None => Ok(JobHeader::Filled(name_of(name)?, value)),
        }
    }

    /// Whether a field of this name is in its value.
    pub fn uses(&self, field: &str) -> bool {
        matches!(self, JobHeader::Filled(_, template) if template.uses(field))
    }

    /// The header for a request; none if it is the same in each.
    ///
    /// # Errors
    /// In words: what no header can hold.
    pub fn filled(&self, request: &Val) -> Result<Option<Header>, String> {
        let JobHeader::Filled(name, template) = self else { return Ok(None) };
        let value = HeaderValue::try_from(template.fill(request)?);
        let value =
            value.map_err(|_| format!("the header {name} would have characters that no header can hold"))?;
        Ok(Some(Header { name: name.clone(), value }))
    }
}

fn name_of(name: &str) -> Result<HeaderName> {
    HeaderName::try_from(name).map_err(|_| refused(name, "its name"))
}

fn refused(name: &str, what: &str) -> Error {
    Error::refused(format!("{name} is no header that can be sent: {what}")).remedy("correct it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;
    use crate::fetch::template::Kind;

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (name, value, what) in [("a b", "x", "its name"), ("a", "x\ny", "its value")] {
            assert!(Header::new(name, value).unwrap_err().to_string().contains(what));
        }
    }

    #[test]
    fn a_value_with_a_line_end_never_becomes_two_headers() {
        let header = JobHeader::new("x-id", Template::parse("a {v}", Kind::Plain).unwrap()).unwrap();
        let filled = |value: &str| header.filled(&parse(value.as_bytes()).unwrap());
        assert_eq!(filled(r#"{"v": "b c"}"#).unwrap().unwrap().value, "a b c");
        for value in [r#"{"v": "b\r\nx-admin: 1"}"#, r#"{"v": "b\n"}"#, r#"{"v": "\u0000"}"#] {
            assert!(filled(value).unwrap_err().contains("header x-id would have"), "{value}");
        }
    }
}
