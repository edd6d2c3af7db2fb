//! A server of files on this machine, which breaks off when it is told to.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

/// How a file is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Whole,
    /// Half of it, though the answer states the length of the whole.
    CutWithLength,
    /// Half of it, in an answer that ends with the connection.
    Cut,
    /// Not at all: 404.
    Missing,
}

/// The server: it ends with the test program.
pub struct Files {
    port: u16,
    ways: Arc<Mutex<HashMap<String, Way>>>,
}

impl Files {
    /// Serves a folder.
    pub fn serve(folder: PathBuf) -> Files {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ways = Arc::new(Mutex::new(HashMap::new()));
        let files = Files { port, ways: Arc::clone(&ways) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is no matter.
                let _ = answer(stream.unwrap(), &folder, &ways.lock().unwrap());
            }
        });
        files
    }

    /// The address of the folder.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on, files of this name are answered so.
    pub fn answer(&self, name: &str, way: Way) {
        self.ways.lock().unwrap().insert(name.to_owned(), way);
    }
}

fn answer(mut stream: TcpStream, folder: &Path, ways: &HashMap<String, Way>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap_or(Ok(String::new()))?;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    let way = ways.get(name).copied().unwrap_or(Way::Whole);
    let content = fs::read(folder.join(path)).ok().filter(|_| way != Way::Missing);
    let Some(content) = content else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")?;
    if way != Way::Cut {
        stream.write_all(format!("Content-Length: {}\r\n", content.len()).as_bytes())?;
    }
    stream.write_all(b"\r\n")?;
    let end = if way == Way::Whole { content.len() } else { content.len() / 2 };
    stream.write_all(&content[..end])
}
