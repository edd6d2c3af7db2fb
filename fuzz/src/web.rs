//! A server on this machine that sends a response as it is told, byte by byte, and closes the connection.

use crate::choices::Choices;
use crate::containers::gzip;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// The server. Its thread ends with the process.
pub struct Server {
    address: SocketAddr,
    response: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    /// Starts it.
    ///
    /// # Panics
    /// Where no port is free.
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let response = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&response);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let head =
                    BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
                if head.count() > 0 {
                    let response: Vec<u8> = shared.lock().unwrap().clone();
                    // The client goes when it has had enough.
                    let _ = stream.write_all(&response);
                }
            }
        });
        Server { address, response }
    }

    /// A URL at which the next request gets this response.
    pub fn url(&self, response: Vec<u8>) -> String {
        *self.response.lock().unwrap() = response;
        format!("http://{}/", self.address)
    }
}

/// A response, and what it means.
pub struct Response {
    /// As it is sent.
    pub bytes: Vec<u8>,
    /// Its status.
    pub status: u16,
    /// Its headers `Link` as one.
    pub links: String,
    /// Its header `Retry-After`.
    pub retry_after: String,
    /// Its body, inflated.
    pub body: Vec<u8>,
    /// Whether it ends too early.
    pub is_cut: bool,
    /// Whether nothing tells its end from a cut: neither a length nor a checksum.
    pub has_no_end: bool,
}

impl Response {
    /// A response with a body of about `most_bytes` bytes at most, by its length, by chunks or up to the end of the connection.
    pub fn drawn(choices: &mut Choices<'_>, most_bytes: usize) -> Response {
        let status = *choices.one_of(&[200, 201, 404, 429, 500, 503]);
        let (framing, is_packed, cut) = (choices.below(3), choices.is_set(), choices.byte());
        let (links, repeats, chunk) = (choices.below(3), choices.number(), 1 + choices.number());
        let text = choices.rest();
        let body = text.repeat(1 + repeats.min(most_bytes.checked_div(text.len()).unwrap_or(0)));
        let packed = if is_packed { gzip(&body) } else { body.clone() };
        let links: Vec<String> = (0..links).map(|number| format!("<{number}>; rel=x")).collect();
        let mut head = format!("HTTP/1.1 {status} X\r\nretry-after: {repeats}\r\nconnection: close\r\n");
        links.iter().for_each(|link| head.push_str(&format!("Link: {link}\r\n")));
        head.push_str(if is_packed { "content-encoding: gzip\r\n" } else { "" });
        head.push_str(&match framing {
            0 => format!("content-length: {}\r\n\r\n", packed.len()),
            1 => "transfer-encoding: chunked\r\n\r\n".to_owned(),
            _ => "\r\n".to_owned(),
        });
        let mut bytes = head.into_bytes();
        if framing == 1 {
            for part in packed.chunks(chunk) {
                bytes.extend([format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat());
            }
            bytes.extend(b"0\r\n\r\n");
        } else {
            bytes.extend(&packed);
        }
        let cut = usize::from(cut).min(packed.len());
        bytes.truncate(bytes.len() - cut);
        Response {
            bytes,
            status,
            links: links.join(", "),
            retry_after: repeats.to_string(),
            body,
            is_cut: cut > 0,
            has_no_end: framing == 2 && !is_packed,
        }
    }
}
