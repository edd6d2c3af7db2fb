//! HTTP as far as the tests need it, written out: they send what no well-behaved client would.

use serde_json::Value;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The value of a header; its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// It is a problem document with this status, and about this column, or none.
    #[track_caller]
    pub fn is_problem(&self, status: u16, column: Option<&str>) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let document = self.json();
        assert_eq!(document["status"], status, "{self:?}");
        assert_eq!(document["column"].as_str(), column, "{self:?}");
        for secret in ["SELECT", "row_to_json", "UPDATE", "hunter2"] {
            assert!(!self.body.contains(secret), "{secret} in {self:?}");
        }
        document
    }
}

/// Sends one request over a connection of its own.
pub fn send(port: u16, head: &str, headers: &[(&str, &str)], body: Option<&str>) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write_request(&mut stream, head, headers, body, false)?;
    let mut stream = BufReader::new(stream);
    if head.starts_with("HEAD ") { read_head(&mut stream) } else { read_answer(&mut stream) }
}

/// Writes a request; `head` is its method and its path.
pub fn write_request(
    stream: &mut impl Write,
    head: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
    keep: bool,
) -> io::Result<()> {
    // A quote stands in no address; clients encode it.
    let mut text = format!("{} HTTP/1.1\r\n", head.replace('"', "%22"));
    if headers.iter().all(|(name, _)| *name != "Host") {
        text += "Host: 127.0.0.1\r\n";
    }
    if !keep {
        text += "Connection: close\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if let Some(body) = body {
        if headers.iter().all(|(name, _)| *name != "Content-Type") {
            text += "Content-Type: application/json\r\n";
        }
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    stream.write_all(format!("{text}\r\n{}", body.unwrap_or_default()).as_bytes())
}

/// Reads an answer up to its body.
fn read_head(stream: &mut impl BufRead) -> io::Result<Answer> {
    let line = read_line(stream)?;
    let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no status in {line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    Ok(Answer { status, headers, body: String::new() })
}

/// Reads a body in chunks (RFC 9112, section 7.1).
pub fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let length = usize::from_str_radix(&read_line(stream)?, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; length];
        stream.read_exact(&mut chunk)?;
        read_line(stream)?;
        bytes.extend(chunk);
        if length == 0 {
            return Ok(bytes);
        }
    }
}

/// Reads an answer: with a length, or in chunks.
pub fn read_answer(stream: &mut impl BufRead) -> io::Result<Answer> {
    let mut answer = read_head(stream)?;
    let mut bytes = Vec::new();
    if answer.header("transfer-encoding") == Some("chunked") {
        bytes = read_chunks(stream)?;
    } else if let Some(length) = answer.header("content-length") {
        bytes = vec![0; length.parse().map_err(io::Error::other)?];
        stream.read_exact(&mut bytes)?;
    }
    answer.body = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(answer)
}

fn read_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
