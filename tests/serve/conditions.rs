//! `ETag`, `If-Match` and `If-None-Match`: no change of another client is overwritten unseen.

use crate::client::Answer;
use crate::service::Service;
use pghaul_test_support::case;
use std::sync::atomic::{AtomicUsize, Ordering};

const ALL: &str = "verbs: [get, post, put, patch, delete]";

fn service() -> Service {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id int PRIMARY KEY, count int, note text, at timestamptz DEFAULT '2020-01-01', f real, doc json);
         INSERT INTO items VALUES (1, 0, 'ünï \" \\', DEFAULT, 0.1, '{\"a\" :  1}'), (2, 0, NULL, DEFAULT, NULL, NULL);
         CREATE VIEW seen AS SELECT id, note FROM items; CREATE TABLE keyless (id int); INSERT INTO keyless VALUES (1), (2), (2)",
    );
    Service::start(
        case,
        &format!("items: {{key: id, {ALL}}}\nseen: {{key: id, {ALL}}}\nkeyless: {{key: id, {ALL}}}"),
    )
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap_or_else(|| panic!("no tag: {answer:?}")).to_owned()
}

#[test]
fn a_row_is_changed_only_as_it_was_read() {
    let service = service();
    for table in ["items", "seen"] {
        let path = format!("/{table}/1/");
        let with = |method: &str, header: &str, value: &str, body: Option<&str>| {
            service.send(&format!("{method} {path}"), &[(header, value)], body)
        };
        let first = tag(&service.ask(&format!("GET {path}")));
        assert_eq!(tag(&service.ask(&format!("HEAD {path}"))), first);
        assert_eq!(tag(&service.ask(&format!("GET {path}"))), first, "the same until it changes");
        let patch = Some(r#"{"note": "a"}"#);
        let changed = with("PATCH", "If-Match", &first, patch);
        assert_eq!(changed.status, 200, "{changed:?}");
        let second = tag(&changed);
        assert_ne!(second, first);
        assert_eq!(tag(&service.ask(&format!("GET {path}"))), second);
        let put = Some(r#"{"note": "lost"}"#);
        for stale in
            [first.as_str(), "\"other\"", "W/\"x\"", &format!("W/{second}"), &format!("{first}, \"x\"")]
        {
            with("PATCH", "If-Match", stale, put).is_problem(412, None);
            with("PUT", "If-Match", stale, put).is_problem(412, None);
            with("DELETE", "If-Match", stale, None).is_problem(412, None);
            with("GET", "If-Match", stale, None).is_problem(412, None);
        }
        for none in [second.as_str(), "*", &format!("\"x\", {second}")] {
            with("PATCH", "If-None-Match", none, put).is_problem(412, None);
            with("DELETE", "If-None-Match", none, None).is_problem(412, None);
            let same = with("GET", "If-None-Match", none, None);
            assert_eq!((same.status, same.body.as_str(), tag(&same)), (304, "", second.clone()));
        }
        assert_eq!(with("GET", "If-None-Match", &format!("W/{second}"), None).status, 304, "weakly compared");
        assert_eq!(with("GET", "If-None-Match", &first, None).status, 200);
        for wrong in ["x", "\"x", "W/x"] {
            with("PATCH", "If-Match", wrong, put).is_problem(400, None);
            with("GET", "If-None-Match", wrong, None).is_problem(400, None);
        }
        assert_eq!(service.case.db.one("SELECT note FROM items WHERE id = 1"), "a");
        assert_eq!(
            with("PUT", "If-Match", &format!("\"x\", {second}"), Some(r#"{"note": "b"}"#)).status,
            200
        );
        assert_eq!(with("PATCH", "If-Match", "*", Some(r#"{"note": "c"}"#)).status, 200);
        service.send(&format!("PATCH /{table}/9/"), &[("If-Match", "*")], put).is_problem(412, None);
        service
            .send(&format!("POST /{table}/"), &[("If-Match", &second)], Some(r#"{"id": 5}"#))
            .is_problem(400, None);
    }
    // A key that no index makes unique.
    let one = tag(&service.ask("GET /keyless/1/"));
    service.send("DELETE /keyless/1/", &[("If-Match", "\"x\"")], None).is_problem(412, None);
    assert_eq!(service.send("DELETE /keyless/1/", &[("If-Match", &one)], None).status, 204);
    service.send("DELETE /keyless/2/", &[("If-Match", "*")], None).is_problem(409, None);
    assert_eq!(service.case.db.one("SELECT count(*) FROM keyless"), "2");
}

#[test]
fn of_changes_that_race_none_is_lost() {
    let service = service();
    let failed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut done = 0;
                while done < 10 {
                    let row = service.ask("GET /items/2/");
                    let next = row.json()["count"].as_i64().unwrap() + 1;
                    let body = format!(r#"{{"count": {next}}}"#);
                    let changed = service.send("PATCH /items/2/", &[("If-Match", &tag(&row))], Some(&body));
                    match changed.status {
                        200 => done += 1,
                        _ => {
                            changed.is_problem(412, None);
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(service.case.db.one("SELECT count FROM items WHERE id = 2"), "60");
    assert!(failed.into_inner() > 0, "some came at the same time");
}
