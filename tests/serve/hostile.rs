//! Hostile clients: those that ask and go, that read nothing, that ask without end, and many of them at once.

use crate::client::{read_answer, write_request};
use crate::service::{Options, Service};
use pghaul_test_support::{Case, case};
use std::io::{BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;

const ITEMS: &str = "CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items VALUES (1, 'one')";
/// How many of our statements run in the database.
const ACTIVE: &str = "SELECT count(*) = 0 FROM pg_stat_activity
                      WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()";

pub fn items() -> Case {
    let case = case!();
    case.db.execute(ITEMS);
    case
}

fn asked(service: &Service, head: &str, body: Option<&str>) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    write_request(&mut stream, head, &[], body, true).unwrap();
    stream
}

/// A connection from another address of this machine.
pub async fn from(client: Ipv4Addr, port: u16) -> std::io::Result<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    socket.bind(SocketAddr::new(IpAddr::V4(client), 0))?;
    socket.connect(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)).await
}

#[test]
fn the_statement_of_a_client_that_goes_is_cancelled_and_holds_up_nobody() {
    let case = items();
    case.db.execute(
        "CREATE VIEW slow AS SELECT i AS id, pg_sleep(60)::text AS slept FROM generate_series(1, 3) i;
         CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
         CREATE TABLE sleepy (id int);
         CREATE TRIGGER sleeps AFTER INSERT OR UPDATE ON sleepy FOR EACH ROW EXECUTE FUNCTION sleeps();
         ALTER TABLE sleepy DISABLE TRIGGER sleeps; INSERT INTO sleepy VALUES (1); ALTER TABLE sleepy ENABLE TRIGGER sleeps",
    );
    let settings = "rate: {requests: 0}\n  limits: {database: 2, time: 60s}";
    let tables = "slow: {key: id}\nitems: {key: id}\nsleepy: {key: id, verbs: [get, post, patch]}";
    let service = Service::with(case, tables, Options { settings, env: &[] });
    for (head, body) in [
        ("GET /slow/", None),
        ("GET /slow/1/", None),
        ("POST /sleepy/", Some(r#"{"id": 7}"#)),
        ("PATCH /sleepy/1/", Some(r#"{"id": 8}"#)),
    ] {
        let gone: Vec<TcpStream> = (0..6).map(|_| asked(&service, head, body)).collect();
        service.case.wait_until(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
        );
        drop(gone);
        let begun = Instant::now();
        assert_eq!(service.ask("GET /items/1/").status, 200);
        service.case.wait_until(ACTIVE);
        assert!(begun.elapsed() < Duration::from_secs(10), "{head}: {:?}", begun.elapsed());
    }
    assert_eq!(
        service.case.db.one("SELECT string_agg(id::text, ',') FROM sleepy"),
        "1",
        "nothing was written"
    );
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let connections: u32 = service.case.db.one(connections).parse().unwrap();
    assert!(connections <= 3, "two, and the one that watches: {connections}");
}

#[test]
fn readiness_needs_no_connection_of_the_pool() {
    let case = items();
    case.db.execute("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(20)::text AS slept");
    let settings = "rate: {requests: 0}\n  limits: {database: 1}";
    let service = Service::with(case, "slow: {key: id}", Options { settings, env: &[] });
    let _held: Vec<TcpStream> = (0..4).map(|_| asked(&service, "GET /slow/1/", None)).collect();
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(service.ask("GET /readyz").status, 200);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(service.case.db.one(asked), "2");
}

#[test]
fn one_client_has_so_many_connections_and_others_are_let_in() {
    let settings = "rate: {requests: 0}\n  limits: {connections: 8, per_client: 6}";
    let service = Service::with(items(), "items: {key: id}", Options { settings, env: &[] });
    // Each is answered before the next one comes, so that the first is the oldest.
    let mut held: Vec<TcpStream> = Vec::new();
    for _ in 0..6 {
        let stream = asked(&service, "GET /items/1/", None);
        assert_eq!(read_answer(&mut BufReader::new(&stream)).unwrap().status, 200);
        held.push(stream);
    }
    let refused = read_answer(&mut BufReader::new(asked(&service, "GET /items/1/", None))).unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut others = Vec::new();
        for number in 2..7 {
            let mut other = from(Ipv4Addr::new(127, 0, 0, number), service.port).await.unwrap();
            other.write_all(b"GET /items/1/ HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            let mut start = [0; 12];
            timeout(Duration::from_secs(5), other.read_exact(&mut start)).await.unwrap().unwrap();
            assert_eq!(&start, b"HTTP/1.1 200");
            others.push(other);
        }
    });
    // The client with the most has lost its oldest.
    held[0].set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(held[0].read(&mut [0; 1]).unwrap(), 0);
}

#[test]
fn requests_that_get_can_only_read() {
    let case = items();
    case.db.execute(
        "CREATE TABLE log (n int);
         CREATE FUNCTION logs() RETURNS int LANGUAGE sql AS 'INSERT INTO public.log VALUES (1) RETURNING n';
         CREATE VIEW writes AS SELECT logs() AS id",
    );
    let tables = "writes: {key: id}\nitems: {key: id, verbs: [get, post]}";
    let mut service = Service::start(case, tables);
    assert_eq!(service.tell("POST /items/", r#"{"id": 2}"#).status, 201);
    for head in ["GET /writes/", "GET /writes/1/"] {
        service.ask(head).is_problem(503, None);
    }
    assert_eq!(service.case.db.one("SELECT count(*) FROM log"), "0");
    assert_eq!(service.tell("POST /items/", r#"{"id": 3}"#).status, 201);
    // What the database says to all sessions stays.
    let name = service.case.db.one("SELECT current_database()");
    service.case.db.execute(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on; ALTER DATABASE {name} SET statement_timeout = '1s';
         CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(20)::text AS slept"
    ));
    service.stop(nix::sys::signal::Signal::SIGTERM).assert_code(0);
    let case = std::mem::replace(&mut service.case, case!());
    let service = Service::start(case, "items: {key: id, verbs: [get, post]}\nslow: {key: id}");
    service.tell("POST /items/", r#"{"id": 4}"#).is_problem(503, None);
    assert_eq!(service.ask("GET /items/3/").status, 200);
    let begun = Instant::now();
    service.ask("GET /slow/1/").is_problem(503, None);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn columns_may_be_named_as_the_statements_name_their_rows() {
    let case = case!();
    case.db.execute(
        "CREATE TYPE pair AS (a int, b int); CREATE TABLE same (id int PRIMARY KEY, r pair, j int, t pair);
         INSERT INTO same VALUES (1, (7, 8), 5, (1, 2))",
    );
    let service = Service::start(case, "same: {key: id, verbs: [get, post, put, patch]}");
    let row = |j: u32| format!(r#"{{"id":1,"r":{{"a":7,"b":8}},"j":{j},"t":{{"a":1,"b":2}}}}"#);
    assert_eq!(service.ask("GET /same/1/").body, row(5));
    assert_eq!(service.ask("GET /same/?j.eq=5&order=j").body, format!("[{}]", row(5)));
    assert_eq!(service.tell("PATCH /same/1/", r#"{"j": 6}"#).body, row(6));
    assert_eq!(service.tell("PUT /same/1/", &row(7)).body, row(7));
    let added = service.tell("POST /same/", r#"{"id": 2, "j": 1}"#);
    assert_eq!(added.body, r#"{"id":2,"r":null,"j":1,"t":null}"#);
}
