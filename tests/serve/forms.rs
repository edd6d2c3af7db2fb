//! How many rows there are, and lists as CSV or compressed.

use crate::client::{read_chunks, write_request};
use crate::service::Service;
use flate2::read::GzDecoder;
use pghaul_test_support::case;
use serde_json::json;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;

#[test]
fn a_list_tells_how_many_rows_there_are() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, 'n' || i % 10 FROM generate_series(1, 1000) i;
         ANALYZE items",
    );
    let service = Service::start(case, "items: {key: id}");
    let total = |query: &str| {
        let answer = service.ask(&format!("GET /items/?{query}"));
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        answer.header("x-total-count").map(|count| count.parse::<u64>().unwrap())
    };
    assert_eq!(total("take=5"), None);
    assert_eq!(total("take=5&count=exact"), Some(1000));
    assert_eq!(total("count=exact&name=n3&after=900&skip=2&take=0"), Some(100), "of all pages");
    assert_eq!(total("count=exact&or=(id.lt=3,id.gt=999)"), Some(3));
    assert_eq!(total("count=exact&name=nope"), Some(0));
    assert_eq!(total("count=estimated"), Some(1000));
    let some = total("count=estimated&name=n3").unwrap();
    assert!((50..200).contains(&some), "{some}");
    service.ask("GET /items/?count=exact&id=x").is_problem(400, Some("id"));
}

#[test]
fn a_list_as_csv_has_every_value_as_copy_writes_it() {
    let case = case!();
    case.db.execute(
        r#"CREATE TABLE items (id int PRIMARY KEY, name text, code char(3), "a ""b"",c" text, doc jsonb, tags text[], price numeric(8,2), at timestamptz, bytes bytea);
           INSERT INTO items VALUES (1, 'Ann', 'a', E'x"\r\ny', '{"a": "b,c"}', '{a,"b,c"}', 1.50, '2020-01-02 03:04:05.678+00', '\x00ff'),
                                    (2, '', '', ' ', NULL, '{}', 'NaN', 'infinity', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"#,
    );
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    case.load("");
    let service = Service::start(case, "items: {key: id}\nusers: {key: id}");
    let csv = service.send("GET /items/", &[("Accept", "text/csv")], None);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    service.case.db.execute("CREATE TABLE copied (LIKE items)");
    let mut client = service.case.db.client();
    let mut writer = client.copy_in("COPY copied FROM STDIN (FORMAT csv, HEADER)").unwrap();
    std::io::Write::write_all(&mut writer, csv.body.as_bytes()).unwrap();
    writer.finish().unwrap();
    assert_eq!(
        service.case.db.rows("TABLE copied ORDER BY id"),
        service.case.db.rows("TABLE items ORDER BY id"),
        "{}",
        csv.body
    );
    assert!(csv.body.starts_with("id,name,code,\"a \"\"b\"\",c\",doc,"), "{}", csv.body);
    assert!(csv.body.contains("\r\n3,,,,,,,,\r\n"), "{}", csv.body);
    let none = service.send("GET /items/?id=9", &[("Accept", "text/csv")], None);
    assert_eq!(none.body.lines().count(), 1);
    let mother = service.send("GET /users/", &[("Accept", "text/csv")], None);
    assert_eq!(mother.body, "id,version_table\r\n1,v1_users\r\n");
    assert_eq!(
        service.send("GET /users/", &[("Accept", "application/json, text/csv;q=0.5")], None).json()[0]["id"],
        1
    );
    service.send("GET /items/?id=x", &[("Accept", "text/csv")], None).is_problem(400, Some("id"));
}

/// The head of an answer, and its bytes as they come.
fn bytes(service: &Service, head: &str, encodings: &str) -> (String, Vec<u8>) {
    let stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    write_request(&mut &stream, head, &[("Accept-Encoding", encodings)], None, false).unwrap();
    let mut reader = BufReader::new(stream);
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut text).unwrap() > 0, "{text}");
    }
    if text.contains("transfer-encoding: chunked") {
        return (text, read_chunks(&mut reader).unwrap());
    }
    let mut body = Vec::new();
    reader.read_to_end(&mut body).unwrap();
    (text, body)
}

#[test]
fn answers_are_compressed_for_those_who_take_it() {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, repeat('text ' || i, 300) FROM generate_series(1, 1000) i;
         INSERT INTO items VALUES (2000, 'short')",
    );
    let service = Service::start(case, "items: {key: id, verbs: [get, patch]}");
    for path in ["/items/", "/items/?take=1000", "/items/7/", "/openapi.json", "/docs/page.js"] {
        let head = format!("GET {path}");
        let (plain_head, plain) = bytes(&service, &head, "br, gzip;q=0");
        assert!(
            plain_head.contains("vary: accept-encoding") && !plain_head.contains("content-encoding"),
            "{plain_head}"
        );
        let (text, packed) = bytes(&service, &head, "gzip, deflate, br");
        assert!(text.contains("content-encoding: gzip") && text.contains("vary: accept-encoding"), "{text}");
        assert!(packed.len() < plain.len() * 3 / 4, "{path}: {} of {}", packed.len(), plain.len());
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain, "{path}");
    }
    let (text, short) = bytes(&service, "GET /items/2000/", "gzip");
    assert!(!text.contains("content-encoding"), "{text}");
    assert_eq!(short, br#"{"id":2000,"name":"short"}"#);
    // The tag of compressed bytes is another one, and both are those of the row.
    let (text, _) = bytes(&service, "GET /items/7/", "gzip");
    let tag = text.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let plain = service.ask("GET /items/7/");
    assert_eq!(tag, format!("{}-gzip\"", plain.header("etag").unwrap().trim_end_matches('"')));
    assert_eq!(service.send("GET /items/7/", &[("If-None-Match", tag)], None).status, 304);
    let changed = service.send("PATCH /items/7/", &[("If-Match", tag)], Some(r#"{"name": "x"}"#));
    assert_eq!(changed.json(), json!({"id": 7, "name": "x"}));
}
