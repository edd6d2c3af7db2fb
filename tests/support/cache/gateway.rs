//! The HTTP gateway in front of a cache, with its faults: it slices the list of ids by `topn` as Python does, so that -1 leaves
//! out the last one, and its clearing removes all that is there when it comes to it.

use crate::REPLICA;
use redis::{Connection, cmd};
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A gateway that runs as long as the process.
pub struct Gateway {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    /// The next requests are answered with 503.
    pub is_busy: Arc<AtomicBool>,
}

impl Gateway {
    /// In front of the Redis at `url`.
    pub fn start(url: &str) -> Gateway {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (asked, is_busy) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (url, log, busy) = (url.to_owned(), Arc::clone(&asked), Arc::clone(&is_busy));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (url, log, busy) = (url.clone(), Arc::clone(&log), Arc::clone(&busy));
                std::thread::spawn(move || serve(stream, &url, &log, &busy));
            }
        });
        Gateway { port, asked, is_busy }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every request so far: path and body.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics with it").clone()
    }
}

fn serve(mut stream: TcpStream, url: &str, log: &Mutex<Vec<String>>, busy: &AtomicBool) {
    let mut reader = BufReader::new(stream.try_clone().expect("another handle"));
    while let Some((path, body)) = request(&mut reader) {
        log.lock().expect("nobody panics with it").push(format!("{path} {body}"));
        let (status, answer) = match busy.load(Ordering::Relaxed) {
            true => ("503 Service Unavailable", json!("busy").to_string()),
            false => answer(&path, &body, &mut crate::RedisServer::connect(url)),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(answer.as_bytes())).is_err() {
            return;
        }
    }
}

/// The path and the body of the next request.
fn request(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

fn answer(path: &str, body: &str, redis: &mut Connection) -> (&'static str, String) {
    let parameter = |name: &str| {
        body.trim_start_matches('?')
            .split('&')
            .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
            .map(str::to_owned)
    };
    let replica = parameter("replica").unwrap_or_default();
    let registered: Vec<String> =
        cmd("LRANGE").arg("replica_registry").arg(0).arg(-1).query(redis).unwrap_or_default();
    let is_registered = registered.contains(&replica);
    let answer = match path {
        "/getRegisteredReplics" => {
            let names = if registered.is_empty() { "EMPTY".to_owned() } else { registered.join(", ") };
            json!({ "LIST_OF_REGISTERED_REPLICS": names })
        }
        "/getReplicaColumns" => {
            let columns: String =
                cmd("HGET").arg(format!("{replica}.META")).arg("COLUMNS").query(redis).unwrap_or_default();
            json!({ "COLUMNS": columns })
        }
        "/getTopNFromReplica" if is_registered => {
            let topn: i64 = parameter("topn").and_then(|topn| topn.parse().ok()).unwrap_or(10);
            match rows(&replica, topn, redis) {
                Some(rows) => rows,
                None => return ("500 Internal Server Error", json!("Internal Server Error").to_string()),
            }
        }
        "/clearRedisCache" if is_registered && parameter("remove").is_some() => {
            cmd("DEL").arg(REPLICA).exec(redis).expect("clear");
            json!({ "clear_cache": "success" })
        }
        _ => json!({}),
    };
    ("200 OK", answer.to_string())
}

/// The first rows; all but the last ones where `topn` is negative.
fn rows(replica: &str, topn: i64, redis: &mut Connection) -> Option<Value> {
    let all: Vec<(String, String)> = cmd("HGETALL").arg(replica).query(redis).expect("read the replica");
    let most = if topn < 0 { all.len().saturating_sub(topn.unsigned_abs() as usize) } else { topn as usize };
    let mut rows = Map::new();
    for (id, row) in all.into_iter().take(most) {
        rows.insert(id, serde_json::from_str(&row).ok()?);
    }
    Some(rows.into())
}
