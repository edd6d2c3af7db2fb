//! Who may come, how often, and from which pages.

use crate::service::{Options, Service, TOKEN};
use pghaul_test_support::{Case, case};

fn items() -> Case {
    let case = case!();
    case.db.execute("CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (1)");
    case
}

const TABLE: &str = "items: {key: id, verbs: [get, delete]}";

#[test]
fn a_token_that_is_wrong_or_missing_gets_nothing() {
    let options = Options { settings: "rate: {requests: 0}", env: &[("PGHAUL_SERVE_TOKEN", TOKEN)] };
    let mut service = Service::with(items(), TABLE, options);
    let with =
        |service: &Service, head: &str, token: &str| service.send(head, &[("Authorization", token)], None);
    for head in [
        "GET /items/1/",
        "DELETE /items/1/",
        "GET /items/",
        "GET /nothing/",
        "GET /openapi.json",
        "GET /metrics",
    ] {
        let answer = service.ask(head);
        answer.is_problem(401, None);
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        for token in [
            "Bearer ",
            "Bearer x",
            "Bearer hunter2-hunter2-hunter",
            "Bearer hunter2-hunter2-hunter2x",
            TOKEN,
            "Basic aHVudGVyMg==",
            "Bearer hunter2-hunter2-hunter3",
            "Bearerhunter2-hunter2-hunter2",
            "Bearer",
        ] {
            with(&service, head, token).is_problem(401, None);
        }
    }
    for head in ["GET /healthz", "GET /readyz", "GET /docs/", "GET /docs/page.js"] {
        assert_eq!(service.ask(head).status, 200, "{head}");
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(with(&service, "GET /items/1/", &format!("{scheme} {TOKEN}")).status, 200);
    }
    let openapi = with(&service, "GET /openapi.json", &format!("Bearer {TOKEN}")).json();
    assert_eq!(openapi["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    assert_eq!(with(&service, "DELETE /items/1/", &format!("Bearer {TOKEN}")).status, 204);
    service.process();
    let run = service.stop(nix::sys::signal::Signal::SIGTERM);
    run.assert_code(0).assert_never_says("hunter2");
}

#[test]
fn a_client_may_make_ten_requests_at_once_and_is_told_to_wait() {
    let service = Service::with(items(), TABLE, Options { settings: "workers: 1", env: &[] });
    let answers: Vec<_> = (0..40).map(|_| service.ask("GET /items/1/")).collect();
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    // More come in as time goes by.
    assert!((10..40).contains(&good), "{good}");
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    refused.is_problem(429, None);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(service.ask("GET /healthz").status, 200, "health is always told");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(service.ask("GET /items/1/").status, 200);
}

#[test]
fn pages_of_other_sites_get_nothing_unless_listed() {
    let settings = "cors: [https://good.example]\n  rate: {requests: 0}";
    let service = Service::with(items(), TABLE, Options { settings, env: &[] });
    let from = |origin: &str, head: &str| {
        service.send(head, &[("Origin", origin), ("Access-Control-Request-Method", "DELETE")], None)
    };
    let allowed = "access-control-allow-origin";
    let good = from("https://good.example", "GET /items/1/");
    assert_eq!((good.status, good.header(allowed)), (200, Some("https://good.example")));
    let preflight = from("https://good.example", "OPTIONS /items/1/");
    assert_eq!((preflight.status, preflight.header(allowed)), (204, Some("https://good.example")));
    assert!(preflight.header("access-control-allow-methods").unwrap().contains("DELETE"));
    for origin in ["https://evil.example", "https://good.example.evil.example", "null", "http://good.example"]
    {
        assert_eq!(from(origin, "GET /items/1/").header(allowed), None);
        assert_eq!(from(origin, "OPTIONS /items/1/").status, 405);
    }
    // A name of another site that leads to this machine.
    let host = |name: &str| service.send("GET /items/1/", &[("Host", name)], None).status;
    for (name, status) in [
        ("localhost:8005", 200),
        ("127.0.0.1", 200),
        ("[::1]:8005", 200),
        ("evil.example", 421),
        ("localhost.evil.example:8005", 421),
        ("127.0.0.1.evil.example", 421),
    ] {
        assert_eq!(host(name), status, "{name}");
    }
}

#[test]
fn the_page_and_the_description_are_complete() {
    let service = Service::start(items(), TABLE);
    let page = service.ask("GET /docs/");
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "it asks nobody else");
    for part in ["/docs/page.js", "/docs/page.css", "/openapi.json"] {
        assert!(page.body.contains(part));
        assert_eq!(service.ask(&format!("GET {part}")).status, 200);
    }
    let openapi = service.ask("GET /openapi.json").json();
    let methods =
        |path: &str| openapi["paths"][path].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(methods("/items/"), ["get"]);
    assert_eq!(methods("/items/{id}/"), ["get", "delete"]);
    assert_eq!(openapi["components"]["schemas"]["items"]["properties"]["id"]["format"], "int32");
}
