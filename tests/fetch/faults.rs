//! Servers that fail: what is tried again, what is not, and what is said.

use pghaul_mock_api::Options;
use pghaul_test_support::{fetch, says};
use std::time::{Duration, Instant};

#[test]
fn what_may_pass_is_tried_again() {
    for path in [
        "/fault/status/500?times=2",
        "/fault/status/429?after=0&times=2",
        "/fault/status/408?times=1",
        "/fault/reset?times=2",
        "/fault/half?times=2",
        "/fault/slow?ms=5000&times=1",
        "/fault/throttle?times=1",
    ] {
        let job = fetch!(Options::default());
        let times: u64 = path.rsplit('=').next().unwrap().parse().unwrap();
        job.one(path, "timeout: 2s\n    success: 'type == \"array\"'\n    wait: 'if type == \"object\" then .ThrottleSeconds else null end'");
        job.run(&[], 0);
        assert_eq!(job.ids(), "1 2", "{path}");
        assert_eq!(job.api.count(path), times + 1, "{path}");
    }
}

#[test]
fn an_api_says_until_when_to_wait() {
    let job = fetch!(Options::default());
    job.one("/fault/status/503?date_in=3&times=1", "timeout: 20s");
    let begun = Instant::now();
    job.run(&[], 0);
    // A date has no fractions of a second; without it, half a second would have been enough.
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(job.ids(), "1 2");
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
    for (path, text) in [
        ("/fault/status/404", "HTTP status 404 Not Found: \"{\\\"error\\\": \\\"told to\\\"}\""),
        ("/fault/status/401", "HTTP status 401 Unauthorized"),
        (
            "/fault/html",
            "no JSON at byte 0: value expected; it seems to be HTML or XML; it begins with \"<html><body>Service under maintenance",
        ),
        ("/fault/deep", "nested deeper than 200 at byte "),
        ("/fault/twice", "key \"id\" stands twice in one object"),
        ("/fault/big", "has a response larger than 1 MiB, which max_response allows"),
        ("/fault/code", "is no success by the filter; it begins with \"{\\\"ErrorCode\\\": 1601"),
        ("/fault/loop", "is redirected more than 5 times"),
    ] {
        let job = fetch!(Options { gzip: true, ..Options::default() });
        job.one(path, "max_response: 1MiB\n    success: 'type == \"array\" or .ErrorCode == 1'");
        let message = job.fails(&[], 1);
        says(&message, &["request 1 (http://localhost:", path, text]);
        let requests = if path == "/fault/loop" { 6 } else { 1 };
        assert_eq!(job.api.count(path), requests, "{path}");
        assert_eq!(job.db.one("SELECT status FROM pghaul.fetches"), "failed");
    }
}

#[test]
fn tries_and_waits_have_limits() {
    let job = fetch!(Options::default());
    job.one("/fault/status/500", "retries: 1");
    says(&job.fails(&[], 1), &["HTTP status 500 Internal Server Error", "; tried 2 times"]);
    assert_eq!(job.api.count("/fault/status/500"), 2);
    job.one("/fault/status/429?after=3600", "max_wait: 10s");
    says(&job.fails(&[], 1), &["it asks to wait 3600 s, and max_wait allows 10 s"]);
    job.one("/fault/half", "retries: 0");
    let message = job.fails(&[], 1);
    assert!(message.contains("request 1 (") && !message.contains("tried"), "{message}");
    job.one("/fault/reset", "retries: 0");
    says(&job.fails(&[], 1), &["request 1 ("]);
    // Nobody listens there.
    job.one("/x", "retries: 0");
    job.work.write("config.yml", job.work.read("config.yml").replace(job.api.base(), "http://localhost:9"));
    says(&job.fails(&[], 1), &["request 1 (http://localhost:9/x): ", "refused"]);
}
