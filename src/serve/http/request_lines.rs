//! The first lines of requests, with `<`, `>` and `"` percent-encoded. No URL has these (RFC 3986, appendix C), and the HTTP library
//! refuses them, but curl sends what it is given: `address->>city=Rome`, `after=["Ann",17]`.

use memchr::memchr;
use std::borrow::Cow;

/// The longest line of a head that is looked at (bytes). The HTTP library refuses longer heads.
const LONGEST_LINE: usize = 64 << 10;

/// Where in the bytes of a connection the next one is.
#[derive(Debug)]
enum Place {
    /// In the first line of a request.
    RequestLine,
    /// In the lines of its head.
    Head,
    /// In its body, which has so many bytes more.
    Body(u64),
    /// In bytes whose end is not known, such as those of a body in chunks. They are left as they are, and all that follow.
    Unknown,
}

/// Follows the bytes of a connection from one request to the next.
#[derive(Debug)]
pub struct RequestLines {
    place: Place,
    /// The beginning of the line, as far as it has come.
    line: Vec<u8>,
    /// The length of the body that the head states.
    length: Option<u64>,
}

impl RequestLines {
    /// At the beginning of a connection.
    pub fn new() -> RequestLines {
        RequestLines { place: Place::RequestLine, line: Vec::new(), length: None }
    }

    /// The bytes that follow, as the HTTP library gets them.
    pub fn encoded<'b>(&mut self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut changed: Option<Vec<u8>> = None;
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let is_request_line = matches!(self.place, Place::RequestLine);
            let is_head = is_request_line || matches!(self.place, Place::Head);
            let end = match &mut self.place {
                Place::Unknown => rest.len(),
                Place::Body(left) => {
                    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                    *left -= taken as u64;
                    if *left == 0 {
                        self.place = Place::RequestLine;
                    }
                    taken
                }
                Place::RequestLine | Place::Head => memchr(b'\n', rest).map_or(rest.len(), |found| found + 1),
            };
            let part = &rest[..end];
            if is_request_line && part.iter().any(|byte| code(*byte).is_some()) {
                let changed = changed.get_or_insert_with(|| bytes[..at].to_vec());
                for byte in part {
                    match code(*byte) {
                        Some(code) => changed.extend_from_slice(code),
                        None => changed.push(*byte),
                    }
                }
            } else if let Some(changed) = &mut changed {
                changed.extend_from_slice(part);
            }
            if is_head {
                self.take(part);
            }
            at += end;
        }
        changed.map_or(Cow::Borrowed(bytes), Cow::Owned)
    }

    /// Takes a part of a line of a head.
    fn take(&mut self, part: &[u8]) {
        self.line.extend_from_slice(part);
        if !part.ends_with(b"\n") {
            if self.line.len() > LONGEST_LINE {
                self.place = Place::Unknown;
            }
            return;
        }
        let line = self.line.trim_ascii();
        self.place = match self.place {
            // An empty line may stand before a request (RFC 9112, section 2.2).
            Place::RequestLine if line.is_empty() => Place::RequestLine,
            Place::RequestLine => {
                self.length = None;
                Place::Head
            }
            _ if line.is_empty() => match self.length {
                None | Some(0) => Place::RequestLine,
                Some(length) => Place::Body(length),
            },
            _ => match field(line) {
                Field::Other => Place::Head,
                // Two lengths are none (RFC 9112, section 6.3).
                Field::Length(Some(length)) if self.length.is_none() => {
                    self.length = Some(length);
                    Place::Head
                }
                Field::Length(_) | Field::Framing => Place::Unknown,
            },
        };
        self.line.clear();
    }
}

/// What a line of a head says of the body.
enum Field {
    /// Its length; none if that is no number.
    Length(Option<u64>),
    /// That it ends in another way.
    Framing,
    /// Nothing.
    Other,
}

fn field(line: &[u8]) -> Field {
    let (name, value) = line.split_at(memchr(b':', line).unwrap_or(line.len()));
    let is = |known: &str| name.trim_ascii().eq_ignore_ascii_case(known.as_bytes());
    if is("content-length") {
        let text = std::str::from_utf8(value.get(1..).unwrap_or_default().trim_ascii()).unwrap_or_default();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        Field::Length(text.parse().ok().filter(|_| is_number))
    } else if is("transfer-encoding") || is("upgrade") {
        Field::Framing
    } else {
        Field::Other
    }
}

/// How a byte that no URL has is written.
fn code(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'"' => Some(b"%22"),
        b'<' => Some(b"%3C"),
        b'>' => Some(b"%3E"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes come in parts of this size.
    fn encoded(text: &str, size: usize) -> String {
        let mut lines = RequestLines::new();
        let parts = text.as_bytes().chunks(size).map(|part| lines.encoded(part).into_owned());
        String::from_utf8(parts.collect::<Vec<_>>().concat()).unwrap()
    }

    #[test]
    fn first_lines_alone_are_changed() {
        let first = "GET /t/?a->>b=\"x\"<y HTTP/1.1\r\nHost: <a>\r\nX: \"q\"\r\n\r\n";
        let first_encoded = "GET /t/?a-%3E%3Eb=%22x%22%3Cy HTTP/1.1\r\nHost: <a>\r\nX: \"q\"\r\n\r\n";
        let body = "POST /t>/ HTTP/1.1\r\ncontent-length : 26\r\n\r\n{\"a>\": 1}\r\nGET /> HTTP/1.1";
        let body_encoded = body.replacen("/t>/", "/t%3E/", 1);
        let empty = "\r\nDELETE /<1>/ HTTP/1.1\nContent-Length: 0\n\n";
        let empty_encoded = "\r\nDELETE /%3C1%3E/ HTTP/1.1\nContent-Length: 0\n\n";
        // Behind these nothing is known for certain.
        for framing in [
            "Transfer-Encoding: chunked",
            "Upgrade: x",
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: +1",
        ] {
            let unknown = format!("POST />/ HTTP/1.1\r\n{framing}\r\n\r\n{first}");
            let text = format!("{first}{body}{empty}{first}{unknown}{first}");
            let unknown_encoded = unknown.replacen("/>/", "/%3E/", 1);
            let expected = format!(
                "{first_encoded}{body_encoded}{empty_encoded}{first_encoded}{unknown_encoded}{first}"
            );
            for size in [1, 2, 7, 64, 100_000] {
                assert_eq!(encoded(&text, size), expected, "{framing} in parts of {size}");
            }
        }
        assert!(
            matches!(RequestLines::new().encoded(b"GET / HTTP/1.1\r\n"), Cow::Borrowed(_)),
            "nothing is copied"
        );
    }
}
