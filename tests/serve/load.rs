//! Many clients, and clients that are slow.

use crate::client::{read_answer, write_request};
use crate::service::{Options, Service};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use pghaul_test_support::case;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Clients at once. They need as many files, for this process and for the service's.
const CONNECTIONS: usize = 10_000;

#[test]
fn slow_readers_hold_up_nobody_and_are_let_go() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE wide (id int PRIMARY KEY, text text);
         INSERT INTO wide SELECT i, repeat(md5(i::text), 1000) FROM generate_series(1, 500) i",
    );
    // Fewer connections to the database than slow readers.
    let settings = "rate: {requests: 0}\n  limits: {database: 4, time: 2s}";
    let mut service = Service::with(case, "wide: {key: id}", Options { settings, env: &[] });
    let mut slow: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
            write_request(&mut stream, "GET /wide/?take=1000", &[], None, true).unwrap();
            stream
        })
        .collect();
    // Those who come first have the connections; the others wait for one, and as long as they may.
    let heads = slow.iter_mut().map(|stream| {
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        head
    });
    let heads: Vec<[u8; 12]> = heads.collect();
    assert!(heads.iter().all(|head| [b"HTTP/1.1 200", b"HTTP/1.1 503"].contains(&head)));
    assert!(heads.iter().filter(|head| *head == b"HTTP/1.1 200").count() >= 4);
    // Answers of 16 MB each: they are not held in memory.
    service.wait_until("a connection to the database", |service| service.ask("GET /wide/1/").status == 200);
    let kib = resident_kib(service.process().id());
    assert!(kib < 64 << 10, "{kib} KiB");
    // After the time that it has, an answer ends, and without its proper end.
    std::thread::sleep(Duration::from_secs(3));
    for stream in &mut slow {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "cut off, {} bytes", rest.len());
    }
    // One that never sends its request to the end.
    let mut mute = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    mute.write_all(b"GET /wide/1/ HT").unwrap();
    mute.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut rest = Vec::new();
    let _ = mute.read_to_end(&mut rest);
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    assert_eq!(service.ask("GET /wide/2/").status, 200);
}

#[test]
fn many_clients_are_answered_at_once() {
    let case = case!();
    case.db.execute("CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)");
    // A machine that is busy otherwise takes its time for so many.
    let settings = "rate: {requests: 0}\n  limits: {per_client: 10000, time: 3m}";
    let service = Service::with(case, "items: {key: id}", Options { settings, env: &[] });
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    let mut clients = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        clients.push(TcpStream::connect(("127.0.0.1", service.port)).unwrap());
    }
    for round in 0..2 {
        for client in &mut clients {
            write_request(client, "GET /items/1/", &[], None, true).unwrap();
        }
        for client in &clients {
            client.set_read_timeout(Some(Duration::from_secs(180))).unwrap();
            let answer = read_answer(&mut BufReader::new(client)).unwrap();
            assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"id":1}"#), "round {round}");
        }
    }
}

#[test]
fn one_connection_more_than_allowed_waits() {
    let case = case!();
    case.db.execute("CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)");
    let settings = "rate: {requests: 0}\n  limits: {connections: 2}";
    let service = Service::with(case, "items: {key: id}", Options { settings, env: &[] });
    let held: Vec<TcpStream> = (0..2)
        .map(|_| {
            // Once it is answered, it has its place.
            let mut client = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
            write_request(&mut client, "GET /items/1/", &[], None, true).unwrap();
            assert_eq!(read_answer(&mut BufReader::new(&client)).unwrap().status, 200);
            client
        })
        .collect();
    let mut third = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    write_request(&mut third, "GET /items/1/", &[], None, false).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(read_answer(&mut BufReader::new(&third)).is_err(), "it waits");
    drop(held);
    third.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(read_answer(&mut BufReader::new(&third)).unwrap().status, 200);
}

fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
