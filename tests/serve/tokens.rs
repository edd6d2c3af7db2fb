//! Several tokens, each with rights of its own.

use crate::service::{Options, Service, TOKEN, command, configure};
use pghaul_test_support::{Case, case};
use serde_json::json;

const READER: &str = "reader-hunter2-reader-hunter2";
const ADDER: &str = "adder-hunter2-adder-hunter2";
const ENV: [(&str, &str); 3] = [("PGHAUL_SERVE_TOKEN", TOKEN), ("READER", READER), ("ADDER", ADDER)];
const TABLES: &str = "items: {key: id, verbs: [get, post, patch, delete]}\nothers: {key: id}";

fn tables() -> Case {
    let case = case!();
    case.db.execute(
        "CREATE TABLE items (id int PRIMARY KEY, v int); INSERT INTO items VALUES (1, 1);
         CREATE TABLE others (id int PRIMARY KEY); INSERT INTO others VALUES (1)",
    );
    case
}

#[test]
fn each_token_may_do_what_it_is_for() {
    let settings = "rate: {requests: 0}\n  tokens:\n    - {token: {env: READER}, tables: {items: [get]}}\n    \
                    - {token: {env: ADDER}, tables: {items: [get, post], others: [get]}}";
    let mut service = Service::with(tables(), TABLES, Options { settings, env: &ENV });
    let with = |token: &str, head: &str, body: Option<&str>| {
        service.send(head, &[("Authorization", &format!("Bearer {token}"))], body)
    };
    for (head, body, reader, adder, all) in [
        ("GET /items/1/", None, 200, 200, 200),
        ("GET /items/?count=exact", None, 200, 200, 200),
        ("GET /others/1/", None, 404, 200, 200),
        ("GET /nothing/1/", None, 404, 404, 404),
        ("PATCH /items/1/", Some(r#"{"v": 1}"#), 403, 403, 200),
        ("PUT /items/1/", Some(r#"{"v": 1}"#), 405, 405, 405),
        ("DELETE /others/1/", None, 404, 405, 405),
        ("POST /items/", Some(r#"{"id": 1, "v": 7}"#), 403, 409, 409),
        ("DELETE /items/9/", None, 403, 403, 404),
        ("GET /metrics", None, 403, 403, 200),
        ("GET /openapi.json", None, 200, 200, 200),
    ] {
        for (token, status) in [(READER, reader), (ADDER, adder), (TOKEN, all)] {
            assert_eq!(with(token, head, body).status, status, "{head} with {token}");
        }
        for token in [&READER[1..], &format!("{READER}x"), ""] {
            assert_eq!(with(token, head, body).status, 401, "{head}");
        }
    }
    assert_eq!(with(ADDER, "PUT /items/1/", Some("{}")).header("allow"), Some("GET, HEAD"));
    // Adding rows is not changing them.
    let merging = |token: &str| {
        let headers =
            [("Authorization", format!("Bearer {token}")), ("Prefer", "resolution=merge-duplicates".into())];
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        service.send("POST /items/", &headers, Some(r#"{"id": 1, "v": 8}"#)).status
    };
    assert_eq!((merging(ADDER), merging(READER)), (403, 403));
    assert_eq!(service.case.db.one("SELECT v FROM items"), "1");
    assert_eq!(merging(TOKEN), 200);
    // The description has what the token may do.
    let paths = |token: &str| {
        let document = with(token, "GET /openapi.json", None).json();
        let paths = document["paths"].as_object().unwrap();
        let methods = paths.iter().map(|(path, methods)| {
            (path.clone(), methods.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
        });
        json!(methods.collect::<Vec<_>>())
    };
    assert_eq!(paths(READER), json!([["/items/", ["get"]], ["/items/{id}/", ["get"]]]));
    assert_eq!(paths(ADDER)[0], json!(["/items/", ["get", "post"]]));
    assert_eq!(paths(TOKEN)[1], json!(["/items/{id}/", ["get", "patch", "delete"]]));
    service
        .stop(nix::sys::signal::Signal::SIGTERM)
        .assert_code(0)
        .assert_stderr_has("3 tokens")
        .assert_never_says("hunter2");
}

#[test]
fn tokens_that_cannot_work_are_refused_at_the_start() {
    let case = tables();
    for (tokens, says) in [
        (
            "[{token: {env: READER}, tables: {nowhere: [get]}}]",
            "table nowhere: serve.tokens gives rights to a table",
        ),
        (
            "[{token: {env: READER}, tables: {others: [get, post]}}]",
            "serve.tokens gives post, which serve.tables does not grant",
        ),
        ("[{token: {env: READER}, tables: {items: [head]}}]", "unknown variant `head`"),
        ("[{token: {env: NO_SUCH}}]", "environment variable NO_SUCH is not set"),
        ("[{token: {file: nowhere}}]", "nowhere"),
        ("[{token: {env: SHORT}}]", "shorter than 16 characters"),
        ("[{token: {env: READER}}, {token: {env: READER}}]", "two tokens of serve are the same"),
        ("[{token: {env: SAME}}]", "two tokens of serve are the same"),
        ("[{token: hunter2-hunter2-hunter2-hunter2}]", "{env: NAME}"),
        ("[{tables: {items: [get]}}]", "missing field `token`"),
    ] {
        configure(&case, TABLES, &format!("rate: {{requests: 0}}\n  tokens: {tokens}"));
        let mut command = command(&case).args(["--listen", "127.0.0.1:0"]);
        for (name, value) in ENV.into_iter().chain([("SHORT", "hunter2-short"), ("SAME", TOKEN)]) {
            command = command.env(name, value);
        }
        command.run().assert_code(2).assert_stderr_has(says).assert_never_says("hunter2");
    }
}
