//! HTTP by its own rules (RFC 9110, RFC 9112): heads that no client may send, encodings, and the way to the page.

use crate::client::{Answer, read_answer};
use crate::hostile::items;
use crate::service::{Options, Service, TOKEN};
use std::io::{BufReader, Write};
use std::net::TcpStream;

/// Sends these bytes, and reads the answer.
#[track_caller]
fn raw(service: &Service, text: &str) -> Answer {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    read_answer(&mut BufReader::new(stream)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_request_names_its_host_once() {
    let service = Service::start(items(), "items: {key: id}");
    let answered = |head: &str| raw(&service, &format!("{head}\r\nConnection: close\r\n\r\n")).status;
    for (status, head) in [
        (200, "GET /items/1/ HTTP/1.1\r\nHost: localhost"),
        (200, "GET /items/1/ HTTP/1.0"),
        (200, "GET http://localhost/items/1/ HTTP/1.1\r\nHost: localhost"),
        // The address in the first line counts, as a proxy sends it (RFC 9112, section 3.2.2).
        (200, "GET http://localhost/items/1/ HTTP/1.1\r\nHost: evil.example"),
        (421, "GET http://evil.example/items/1/ HTTP/1.1\r\nHost: localhost"),
        (421, "GET /items/1/ HTTP/1.1\r\nHost: evil.example"),
        (421, "GET /items/1/ HTTP/1.1\r\nHost:"),
        (400, "GET /items/1/ HTTP/1.1"),
        (400, "GET /healthz HTTP/1.1"),
        (400, "GET /items/1/ HTTP/1.1\r\nHost: localhost\r\nHost: localhost"),
        (400, "GET /items/1/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example"),
        (400, "GET /items/1/ HTTP/1.0\r\nHost: localhost\r\nHost: localhost"),
        (400, "GET /items/1/ HTTP/1.1\r\nHost: localhost, evil.example"),
        (400, "GET /items/1/ HTTP/1.1\r\nHost: user@localhost"),
        (400, "GET /items/1/ HTTP/1.1\r\nHost: local host"),
        (400, "GET /items/1/ HTTP/1.1\r\nHost: localhost/items"),
        (417, "GET /items/1/ HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle"),
    ] {
        assert_eq!(answered(head), status, "{head}");
    }
    // With a token, too, where any host is one.
    let options = Options { settings: "rate: {requests: 0}", env: &[("PGHAUL_SERVE_TOKEN", TOKEN)] };
    let service = Service::with(items(), "items: {key: id}", options);
    let head = format!("GET /items/1/ HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n");
    assert_eq!(raw(&service, &format!("{head}Host: any.example\r\n\r\n")).status, 200);
    raw(&service, &format!("{head}\r\n")).is_problem(400, None);
    raw(&service, &format!("{head}Host: a\r\nHost: b\r\n\r\n")).is_problem(400, None);
}

#[test]
fn a_body_in_another_encoding_is_refused() {
    let service = Service::start(items(), "items: {key: id, verbs: [get, post, patch]}");
    for encoding in ["gzip", "br", "identity, gzip", "x-unknown"] {
        let refused = service.send("POST /items/", &[("Content-Encoding", encoding)], Some(r#"{"id": 2}"#));
        refused.is_problem(415, None);
        assert_eq!(refused.header("accept-encoding"), Some("identity"), "{encoding}");
    }
    for charset in ["iso-8859-1", "\"windows-1252\"", "utf-16"] {
        let media = format!("application/json; charset={charset}");
        let refused = service.send("PATCH /items/1/", &[("Content-Type", &media)], Some(r#"{"name": "x"}"#));
        refused.is_problem(415, None);
    }
    for (header, value) in [
        ("Content-Encoding", "identity"),
        ("Content-Type", "application/json;charset=\"UTF-8\""),
        ("Content-Type", "Application/JSON; profile=x"),
    ] {
        let changed = service.send("PATCH /items/1/", &[(header, value)], Some(r#"{"name": "ü"}"#));
        assert_eq!(changed.status, 200, "{header}: {value}");
    }
    assert_eq!(service.case.db.one("SELECT string_agg(id || name, ',') FROM items"), "1ü");
}

#[test]
fn the_root_points_to_the_page() {
    let options = Options { settings: "rate: {requests: 0}", env: &[("PGHAUL_SERVE_TOKEN", TOKEN)] };
    let service = Service::with(items(), "items: {key: id}", options);
    for head in ["GET /", "HEAD /", "GET /?x=1"] {
        let answer = service.ask(head);
        assert_eq!((answer.status, answer.header("location")), (307, Some("/docs/")), "{head}");
    }
    service.tell("POST /", "{}").is_problem(405, None);
}

#[test]
fn addresses_may_have_signs_that_no_url_has() {
    let case = items();
    case.db.execute("ALTER TABLE items ADD doc jsonb; UPDATE items SET doc = '{\"a\": {\"b\": \"x\"}}'");
    let service = Service::start(case, "items: {key: id, verbs: [get, patch]}");
    let head = "HTTP/1.1\r\nHost: localhost\r\n";
    let one = |address: &str| format!("GET {address} {head}\r\n");
    let body = r#"{"name": "GET /<> HTTP/1.1"}"#;
    let patch = format!(
        "PATCH /items/1/?x>y=1 {head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let last = format!("GET /items/?doc->>a.null=false {head}Connection: close\r\n\r\n");
    // All at once, over one connection.
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    let texts = [
        one("/items/?doc->a->>b=x"),
        one("/items/?after=[\"a\",1]&order=name"),
        patch.replace("?x>y=1", ""),
        patch.clone(),
        one("/items/?or=(doc->a->>b=\"x\",id=2)"),
        last,
    ];
    stream.write_all(texts.concat().as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut next = || read_answer(&mut reader).unwrap();
    assert_eq!(next().json()[0]["id"], 1);
    assert_eq!(next().json()[0]["id"], 1);
    assert_eq!(next().json()["name"], "GET /<> HTTP/1.1");
    next().is_problem(400, Some("x>y"));
    assert_eq!(next().json()[0]["id"], 1);
    assert_eq!(next().json()[0]["id"], 1);
}
