//! What is refused: at the start, and of requests.

use crate::service::{Options, Service, command, configure};
use pghaul_test_support::case;

const ITEMS: &str = "CREATE TABLE items (id int PRIMARY KEY, at date, doc json); INSERT INTO items VALUES (1, '2020-01-01', '{}')";

#[test]
fn a_service_that_cannot_work_does_not_start() {
    let case = case!();
    case.db.execute(ITEMS);
    case.db.execute("CREATE SEQUENCE counter; CREATE MATERIALIZED VIEW seen AS SELECT 1 AS id");
    let refused = |tables: &str, settings: &str, says: &str| {
        configure(&case, tables, settings);
        let run = command(&case).args(["--listen", "127.0.0.1:0"]).run();
        run.assert_code(2).assert_stderr_has(says);
    };
    let none = "rate: {requests: 0}";
    refused("nowhere: {key: id}", none, "table nowhere: serve.tables names a table that does not exist");
    refused("items: {key: no}", none, "table items: it has no column \"no\"");
    refused("items: {key: id, write: [no]}", none, "it has no column \"no\"");
    refused("items: {key: []}", none, "the key has no column");
    refused("counter: {key: last_value}", none, "a sequence");
    refused("seen: {key: id, verbs: [post]}", none, "a materialized view can only be read");
    refused("docs: {key: id}", none, "this path is taken");
    refused("'a/b': {key: id}", none, "no path");
    refused("items: {key: id, verbs: [put, head]}", none, "unknown variant `head`");
    refused("items: {key: id}", "token: {env: NO_SUCH_TOKEN}", "NO_SUCH_TOKEN is not set");
    refused("items: {key: id}", "cors: ['*']", "is no origin");
    refused("items: {key: id}", "port: 1", "unknown field `port`");
    configure(&case, "items: {key: id}", none);
    command(&case).args(["--listen", "nonsense"]).run().assert_code(2).assert_stderr_has("127.0.0.1:8005");
    case.config("max_workers: 1");
    command(&case).run().assert_code(2).assert_stderr_has("no tables to serve");
}

#[test]
fn nobody_else_may_come_without_a_token_unless_asked_for() {
    let case = case!();
    case.db.execute(ITEMS);
    configure(&case, "items: {key: id}", "rate: {requests: 0}");
    for address in ["0.0.0.0:0", "[::]:0"] {
        let run = command(&case).args(["--listen", address]).run();
        run.assert_code(2).assert_stderr_has("--without-token").assert_stderr_has("PGHAUL_SERVE_TOKEN");
    }
    let run = command(&case).args(["--listen", "0.0.0.0:0"]).env("PGHAUL_SERVE_TOKEN", "hunter2").run();
    run.assert_code(2).assert_stderr_has("shorter than 16 characters").assert_never_says("hunter2");
}

#[test]
fn requests_are_refused_with_what_is_wrong() {
    let case = case!();
    case.db.execute(ITEMS);
    let service = Service::start(case, "items: {key: id}");
    for (head, status, column) in [
        ("GET /items/x/", 400, Some("id")),
        ("GET /items/99999999999/", 400, Some("id")),
        ("GET /items/%FF/", 400, None),
        ("GET /items/%00/", 400, None),
        ("GET /items/?at=yesterdayish", 400, Some("at")),
        ("GET /items/?id=1&at.gt=2020-02-30", 400, Some("at")),
        ("GET /items/?after=x", 400, Some("id")),
        ("GET /items/?doc=1", 400, None),
        ("GET /items/?order=doc", 400, None),
        ("GET /items/?nope=1", 400, Some("nope")),
        ("GET /items/?version=v1", 400, Some("version")),
        ("GET /items/?take=1001", 400, Some("take")),
        ("GET /items/?skip=-1", 400, Some("skip")),
        ("GET /items/1/?take=1", 400, Some("take")),
        ("GET /items/2/", 404, None),
        ("GET /nothing/", 404, None),
        ("GET /pg_class/", 404, None),
        ("GET /items/1/2/3", 404, None),
        ("DELETE /items/1/", 405, None),
        ("DELETE /items/", 405, None),
        ("BREW /items/", 405, None),
        ("POST /healthz", 405, None),
    ] {
        service.ask(head).is_problem(status, column);
    }
    let refused = service.tell("POST /items/", "{}");
    refused.is_problem(405, None);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    assert_eq!(service.case.db.one("SELECT count(*) FROM items"), "1");
}

#[test]
fn what_the_database_role_may_not_do_is_told_without_its_words() {
    let case = case!();
    case.db.execute(ITEMS);
    let role = case.db.role("hunter2");
    case.db.execute(&format!("GRANT SELECT ON items TO {role}"));
    let url = case.db.tcp_url(&role, "hunter2");
    let service = Service::with(
        case,
        "items: {key: id, verbs: [get, delete]}",
        Options { settings: "rate: {requests: 0}", env: &[("DATABASE_URL", &url)] },
    );
    assert_eq!(service.ask("GET /items/1/").status, 200);
    service.ask("DELETE /items/1/").is_problem(403, None);
}
