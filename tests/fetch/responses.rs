//! Responses in other forms, encodings and codings, and with other statuses.

use crate::script::{configure, list, outcome, scripted};
use pghaul_mock_api::{Answer, Request};
use pghaul_test_support::says;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The first answer once, and then the ids 1 and 2; with the time that the run took.
fn after(first: fn() -> Answer, keys: &str) -> (Result<String, String>, Duration) {
    let asked = Mutex::new(0);
    let begun = Instant::now();
    let keys = format!("rows: '.[]'\n    retries: 1\n    {keys}");
    let job = scripted(move |_| {
        *asked.lock().unwrap() += 1;
        if *asked.lock().unwrap() == 1 { first() } else { Answer::json(list([1, 2])) }
    });
    let into = "into: {table: t, mode: append, columns: {id: bigint}}";
    job.config("{}\n", &format!("url: 'BASE/x'\n    {keys}\n    {into}"));
    let run = job.command(&["-q"]).run();
    let outcome = if run.code == 0 { Ok(job.ids()) } else { Err(run.stderr.clone()) };
    (outcome, begun.elapsed())
}

#[test]
fn an_api_asks_to_wait_with_any_status_and_in_any_way() {
    let forbidden = || Answer::new(403, r#"{"message": "secondary rate limit"}"#);
    let of_reset =
        r#"wait: 'if $headers["x-remaining"] == "0" then ($headers["x-reset"] | tonumber) - now else 0 end'"#;
    for (first, keys, least) in [
        ((|| Answer::new(403, "{}").header("Retry-After", "1")) as fn() -> Answer, "", 1000),
        (|| Answer::new(404, "").header("Retry-After", "1"), "", 1000),
        (|| Answer::new(429, "{}").header("Retry-After", "1.5"), "", 1500),
        (forbidden, "wait: 'if .message? then 1 else 0 end'", 1000),
        // Whatever the body is.
        (
            || Answer::new(429, "<html>").header("X-Remaining", "0").header("X-Reset", now_and(2)),
            of_reset,
            900,
        ),
    ] {
        let (outcome, time) = after(first, keys);
        assert_eq!(outcome.as_deref(), Ok("1 2"), "{keys}");
        assert!(time >= Duration::from_millis(least), "{time:?}");
    }
    let (outcome, _) = after(forbidden, "");
    assert!(outcome.unwrap_err().contains("HTTP status 403"));
    // A success may ask for a pause as well.
    let job = scripted(|_| Answer::json(list([1])).header("Retry-After", "1"));
    job.config(
        "{}\n{}\n",
        "url: 'BASE/x'\n    rows: '.[]'\n    concurrency: 1\n    into: {table: t, mode: append, columns: {id: bigint}}",
    );
    let begun = Instant::now();
    job.run(&[], 0);
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

fn now_and(seconds: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    (now.as_secs() + seconds).to_string()
}

#[test]
fn a_filter_may_judge_every_status() {
    let answer = |request: &Request| match request.number("n") {
        None => Answer::new(404, r#"{"error": "not found"}"#),
        _ => Answer::new(500, "<html>"),
    };
    let keys = |success: &str| {
        format!("rows: 'if type == \"array\" then .[] else empty end'\n    success: '{success}'")
    };
    assert_eq!(outcome(&keys("$status == 404 and .error == \"not found\""), answer), Ok(String::new()));
    // Without the status, a filter cannot make a success of a failure: this one would take an error page for one.
    let message = outcome(&keys(".problem == null"), |_| Answer::new(500, "<html>")).unwrap_err();
    assert!(message.contains("HTTP status 500"), "{message}");
    let message = outcome(&keys("$status == 200"), |_| Answer::new(500, "<html>")).unwrap_err();
    assert!(message.contains("HTTP status 500"), "{message}");
}

#[test]
fn forms_encodings_and_codings_are_read_or_named() {
    let gives = |keys: &str, answer: fn() -> Answer| {
        assert_eq!(
            outcome(&format!("rows: '.[]'\n    {keys}"), move |_| answer()),
            Ok("1 2".to_owned()),
            "{keys}"
        );
    };
    gives("", || Answer::json(format!("\u{feff}{}", list([1, 2]))));
    gives("format: ndjson", || Answer::json("{\"id\": 1}\r\n{\"id\": 2}"));
    gives("format: csv", || Answer::json("id\n1\n\"2\"\n"));
    gives("encoding: utf-16le", || {
        Answer::json(list([1, 2]).encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
    });
    let compressed =
        |_: &Request| Answer::json(b"\x8b\x04\x80[{\"id\":1}]\x03".to_vec()).header("Content-Encoding", "BR");
    assert_eq!(outcome("rows: '.[]'", compressed), Ok("1".to_owned()));
    let fails = |said: &str, keys: &str, answer: fn() -> Answer| {
        let message = outcome(&format!("rows: '.[]'\n    {keys}"), move |_| answer()).unwrap_err();
        assert!(message.contains(said), "{message}");
    };
    fails("encoded with compress, which was not asked for", "", || {
        Answer::json("x").header("Content-Encoding", "compress")
    });
    fails("write format: ndjson", "", || Answer::json("{\"id\": 1}\n{\"id\": 2}\n"));
    fails("name its encoding with encoding", "", || Answer::json(b"[\"\xe9\"]".to_vec()));
    fails("; the response is empty", "", || Answer::json(""));
}

#[test]
fn what_python_writes_costs_its_row_alone() {
    let job = scripted(|_| {
        Answer::json(
            r#"[{"id": 1, "t": "a\ud800"}, {"id": 2, "t": "b"}, {"id": NaN, "t": "c"}, {"id": 3.0, "t": 4}]"#,
        )
    });
    let into = "into: {table: t, mode: append, columns: {id: bigint, t: text}}";
    job.config("{}\n", &format!("url: 'BASE/x'\n    rows: '.[]'\n    {into}"));
    job.run(&["--max-rejects", "3"], 3);
    assert_eq!(job.db.one("SELECT string_agg(id || t, ' ' ORDER BY id) FROM t"), "2b");
    let rejects = job.work.read("rejects/job.jsonl");
    says(&rejects, &["no text in UTF-8", "NaN", "3.0"]);
}

#[test]
fn whole_numbers_that_a_filter_computes_are_whole() {
    let job = scripted(|_| Answer::json(r#"[{"ms": 1700000000000}]"#));
    configure(&job, "rows: '.[] | [.ms / 1000]'", "append");
    job.run(&[], 0);
    assert_eq!(job.ids(), "1700000000");
}
