//! Just enough of HTTP/1.1: requests with their headers and bodies, answers with theirs, connections that are kept.

use std::io::{self, BufRead, Read, Write};

/// A request.
#[derive(Debug, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers: names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is sent back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers besides the length and, unless it is here, the type.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// So many bytes of it are sent, and the connection ends.
    pub cut: Option<usize>,
}

impl Answer {
    /// One with this status and body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into(), cut: None }
    }

    /// A success with this body.
    pub fn json(body: impl Into<Vec<u8>>) -> Answer {
        Answer::new(200, body)
    }

    /// With one header more.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

impl Request {
    /// Reads the next request of a connection; none at its end.
    pub fn read(input: &mut impl BufRead) -> io::Result<Option<Request>> {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut request = Request {
            method: words.next().unwrap_or_default(),
            target: words.next().unwrap_or_default(),
            ..Request::default()
        };
        loop {
            line.clear();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        input.take(length).read_to_end(&mut request.body)?;
        Ok(Some(request))
    }

    /// The first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, not decoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// As [`Request::parameter`], a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name)?.parse().ok()
    }
}

impl Answer {
    /// Sends it; says whether the connection can be kept.
    pub fn write(&self, out: &mut impl Write) -> io::Result<bool> {
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", self.status, self.body.len());
        if !self.headers.iter().any(|(name, _)| *name == "content-type") {
            head.push_str("content-type: application/json\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let sent = self.cut.unwrap_or(self.body.len()).min(self.body.len());
        if sent < 4096 {
            // One packet.
            let mut all = head.into_bytes();
            all.extend_from_slice(&self.body[..sent]);
            out.write_all(&all)?;
        } else {
            out.write_all(head.as_bytes())?;
            out.write_all(&self.body[..sent])?;
        }
        out.flush()?;
        Ok(self.cut.is_none())
    }
}
