//! Servers that give back what they were sent: each answer holds the next one of some texts.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A server on 127.0.0.1, which answers until the test program ends.
pub struct Hostile {
    pub port: u16,
    /// All that clients have sent.
    pub heard: Arc<Mutex<String>>,
}

/// Answers one client: with the connection, what makes the next text, and what notes the bytes that came.
type Serve = fn(TcpStream, &dyn Fn() -> String, &dyn Fn(&[u8]));

impl Hostile {
    /// Starts one whose connections are served by `serve`, which is given the next text for each call of its second argument.
    fn start(texts: Vec<String>, serve: Serve) -> Hostile {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(String::new()));
        let (all, next) = (Arc::clone(&heard), Arc::new(AtomicUsize::new(0)));
        let texts = Arc::new(texts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (texts, next, all) = (Arc::clone(&texts), Arc::clone(&next), Arc::clone(&all));
                std::thread::spawn(move || {
                    let text = || texts[next.fetch_add(1, Ordering::Relaxed) % texts.len()].clone();
                    let hear = |bytes: &[u8]| {
                        all.lock().expect("no panic").push_str(&String::from_utf8_lossy(bytes))
                    };
                    serve(stream, &text, &hear);
                });
            }
        });
        Hostile { port, heard }
    }

    /// A PostgreSQL that asks for the password as it is, and refuses it.
    pub fn postgres(texts: Vec<String>) -> Hostile {
        Hostile::start(texts, |mut stream, text, hear| {
            let mut message = |with_kind: usize| -> Option<Vec<u8>> {
                let mut head = vec![0; with_kind + 4];
                stream.read_exact(&mut head).ok()?;
                let length = u32::from_be_bytes(head[with_kind..].try_into().expect("four bytes")) as usize;
                let mut body = vec![0; length - 4];
                stream.read_exact(&mut body).ok()?;
                Some(body)
            };
            let Some(mut startup) = message(0) else { return };
            // A request for TLS or GSS encryption is refused; the startup message follows.
            while startup.len() == 4 {
                let mut to = stream.try_clone().expect("a socket");
                if to.write_all(b"N").is_err() {
                    return;
                }
                let mut head = [0; 4];
                if stream.read_exact(&mut head).is_err() {
                    return;
                }
                startup = vec![0; u32::from_be_bytes(head) as usize - 4];
                if stream.read_exact(&mut startup).is_err() {
                    return;
                }
            }
            if stream.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).is_err() {
                return;
            }
            let mut head = [0; 5];
            if stream.read_exact(&mut head).is_err() {
                return;
            }
            let mut password =
                vec![0; u32::from_be_bytes(head[1..].try_into().expect("four bytes")) as usize - 4];
            if stream.read_exact(&mut password).is_err() {
                return;
            }
            hear(&password);
            let text = text();
            let fields = format!("SFATAL\0VFATAL\0C28P01\0Mno {text} here\0Dnot {text}\0Htry {text}\0\0");
            let mut answer = vec![b'E'];
            answer.extend((u32::try_from(fields.len()).expect("short") + 4).to_be_bytes());
            answer.extend(fields.as_bytes());
            let _ = stream.write_all(&answer);
        })
    }

    /// A Redis that answers every command with an error.
    pub fn redis(texts: Vec<String>) -> Hostile {
        Hostile::start(texts, |mut stream, text, hear| {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                hear(&bytes[..count]);
                let commands = bytes[..count].iter().filter(|byte| **byte == b'*').count().max(1);
                let answer = format!("-WRONGPASS no {} here\r\n", text()).repeat(commands);
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        })
    }

    /// An API whose answer is told by the first part of the path.
    pub fn api(texts: Vec<String>) -> Hostile {
        Hostile::start(texts, |stream, text, hear| {
            let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
            let mut stream = stream;
            loop {
                let (mut request, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if !matches!(reader.read_line(&mut line), Ok(1..)) {
                        return;
                    }
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap_or(0);
                    }
                    request.push_str(&line);
                    if line == "\r\n" {
                        break;
                    }
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    return;
                }
                hear(request.as_bytes());
                hear(&body);
                let kind = request.split('/').nth(1).unwrap_or_default().to_owned();
                let text = text();
                let json = serde_json::Value::from(text.as_str());
                let (status, header, body) = match kind.as_str() {
                    "denied" => ("401 Unauthorized", String::new(), format!("no {text} here")),
                    "refused" => ("422 Unprocessable", String::new(), format!("{{\"error\": {json}}}")),
                    "later" => ("503 Service Unavailable", String::new(), format!("not now, {text}")),
                    "garbage" => ("200 OK", String::new(), format!("no JSON: {text}")),
                    "row" => ("200 OK", String::new(), format!("{{\"rows\": [[1], [{json}]]}}")),
                    "filter" => ("200 OK", String::new(), format!("{{\"rows\": {json}}}")),
                    "next" => ("200 OK", String::new(), format!("{{\"rows\": [[1]], \"next\": {json}}}")),
                    _ => {
                        let safe: String = text.chars().filter(|c| c.is_ascii_graphic()).collect();
                        ("302 Found", format!("Location: http://127.0.0.1:1/{safe}\r\n"), String::new())
                    }
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{header}Content-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
            }
        })
    }
}
