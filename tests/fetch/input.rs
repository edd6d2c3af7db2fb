//! Configurations, requests and rows that are wrong.

use pghaul_mock_api::Options;
use pghaul_test_support::fetch::{IDS, numbered, small};
use pghaul_test_support::{fetch, messages, says};

const INTO: &str = "into: {table: t, mode: append, columns: {id: bigint}}";

#[test]
fn everything_that_is_wrong_with_a_job_is_said_before_any_request() {
    let job = fetch!(Options::default());
    job.config(
        "",
        "url: 'ftp://x/{a}'\n    rows: '.[] | ['\n    success: 'nosuch(.)'\n    headers: {'a b': x}\n    \
         rate: {requests: 0}\n    pages: {}\n    concurrency: 0\n    into: {table: t, mode: upsert}",
    );
    let run = job.run(&[], 2);
    let all = messages(&run);
    for text in [
        "fetch.job.rows: not a filter: expected closing bracket, at line 1, column 8, where it ends",
        "fetch.job.success: not a filter: undefined filter: nosuch, at line 1, column 1",
        "fetch.job.url: begins with neither",
        "fetch.job.headers: a b is no header",
        "fetch.job.rate: allows no request",
        "fetch.job.pages: says no way to the next page",
        "fetch.job.into: into.mode: upsert needs",
        "fetch.job.concurrency: 0 is not from 1",
    ] {
        assert!(all.iter().any(|message| message.contains(text)), "{text}: {all:#?}");
    }
    for (yaml, texts) in [
        ("fetch: {other: {}}", vec!["missing field"]),
        ("fetch: {}", vec!["there is no job \"job\" under fetch", "describe one under fetch:"]),
        ("max_workers: 1", vec!["there is no job \"job\" under fetch"]),
    ] {
        job.work.write("config.yml", yaml);
        says(&job.fails(&[], 2), &texts);
    }
    job.config("", &format!("url: 'BASE/{{a'\n    {IDS}\n    timout: 3s"));
    says(&job.fails(&[], 2), &["unknown field `timout`", "did you mean `timeout`?"]);
    job.config("", &format!("url: 'BASE/{{a'\n    {IDS}\n    timeout: 3"));
    says(&job.fails(&[], 2), &["`3` is no time; write for example 500ms, 30s or 5m"]);
    job.config("", &format!("url: 'BASE/{{a'\n    {IDS}"));
    says(&job.fails(&[], 2), &["fetch.job.url: a { without } at character "]);
    assert_eq!(job.api.window().0, 0);
}

#[test]
fn requests_that_are_wrong_are_named() {
    let job = fetch!(Options::default());
    job.config("{\"id\": 1}\n{\"no\": 2}\n", &small(INTO));
    says(
        &job.fails(&["--max-failures", "1"], 1),
        &["request 2 (): the request has no field id, which the template needs"],
    );
    assert_eq!(job.ids(), "1");
    for (line, text) in [
        ("[1]", "is no JSON object: [1]"),
        ("{\"id\": ", "no JSON at byte"),
        ("{\"id\": \"\u{1}\"}", "no JSON"),
    ] {
        job.config(&format!("{}{line}\n", numbered(1)), &small(INTO));
        says(&job.fails(&[], 1), &["requests.ndjson, line 2: ", text]);
    }
    job.config("", &small(INTO));
    let config = job.work.read("config.yml");
    job.work.write("config.yml", config.replace("{file: requests.ndjson}", "{sql: 'SELECT nosuch'}"));
    says(&job.fails(&[], 1), &["fetch.job.requests.sql: column \"nosuch\" does not exist (SQLSTATE 42703)"]);
    job.work.write("config.yml", config.replace("{file: requests.ndjson}", "{file: gone.ndjson}"));
    says(&job.fails(&[], 2), &["gone.ndjson: No such file"]);
}

#[test]
fn rows_that_are_wrong_are_rejects_with_request_and_row() {
    let job = fetch!(Options::default());
    let rows = |filter: &str| {
        job.config(&numbered(2), &small(INTO).replace("'.[] | [.]'", &format!("'{filter}'")));
    };
    rows("[1], [2, 3], {id: 4}, {ids: 5}, 6, [\"x\"], [\"7\\u0000\"], [8]");
    let message = job.fails(&[], 1);
    says(&message, &[", row 2: row has 2 values for 1 columns"]);
    // Another one may have been first to commit.
    job.db.execute("DROP TABLE t");
    job.run(&["--max-rejects", "10"], 3);
    assert_eq!(job.ids(), "1 1 4 4 8 8");
    let rejects = job.work.read("rejects/job.jsonl");
    let mut of_first: Vec<(u64, String, String)> = rejects
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["source"] == "request 1")
        .map(|line| {
            (
                line["row"].as_u64().unwrap(),
                line["column"].to_string(),
                line["reason"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    of_first.sort();
    let reason = |row: u64, column: &str, reason: &str| (row, column.to_owned(), reason.to_owned());
    assert_eq!(
        of_first,
        [
            reason(2, "null", "row has 2 values for 1 columns"),
            reason(4, "null", "row has ids, which is none of the columns"),
            reason(5, "null", "row is a number, neither an array nor an object"),
            reason(6, "\"id\"", "invalid input syntax for type bigint: \"x\" (SQLSTATE 22P02)"),
            reason(7, "\"id\"", "value holds a NUL character, which PostgreSQL cannot store"),
        ]
    );
    says(
        &job.fails(&["--max-rejects", "9"], 1),
        &["with this row, 10 rows cannot be loaded, and --max-rejects allows 9"],
    );
    // A filter that fails is the request's failure, not a row's.
    rows("[1], (.a | error)");
    says(&job.fails(&[], 1), &["request ", "rows: "]);
}

#[test]
fn statements_before_and_after_are_executed_and_named_where_they_fail() {
    let job = fetch!(Options::default());
    job.config(
        &numbered(1),
        &small(&format!(
            "before: ['CREATE TABLE t (id int)']\n    {INTO}\n    after: ['VACUUM t', 'SELECT nosuch']"
        )),
    );
    says(
        &job.fails(&[], 1),
        &["fetch.job.after[1]: column \"nosuch\" does not exist", "the rows are published"],
    );
    assert_eq!(job.ids(), "1");
    says(&job.fails(&[], 1), &["fetch.job.before[0]: relation \"t\" already exists", "no request was made"]);
}

#[test]
fn a_file_of_csv_that_is_wrong_is_told_without_keys_that_it_does_not_have() {
    let job = fetch!(Options::default());
    job.config("", &small(INTO));
    let config = job.work.read("config.yml").replace("requests.ndjson", "requests.csv");
    job.work.write("config.yml", config);
    let (many, long) = ("a,".repeat(1600) + "a", format!("id\n1\n\"{}\n", "x\n".repeat(40 << 20)));
    for (content, text) in [
        (&b"id,\"name\n1,x\n"[..], "line 1: the header line holds a quote that is never closed; correct it"),
        (many.as_bytes(), "line 1: the header names 1601 columns, and 1600 are allowed; remove columns"),
        (b"id,n\xE4me\n", "line 1: the name of column 2 is not valid UTF-8; write the file in UTF-8"),
        (b"i\0d\0\n", "line 1: the header holds NUL characters, as UTF-16 does; write the file in UTF-8"),
        (long.as_bytes(), "line 3: row is longer than 64 MiB; look for a double quote that is never closed"),
    ] {
        std::fs::write(job.work.join("requests.csv"), content).unwrap();
        let message = job.fails(&[], 1);
        says(&message, &[&format!("requests.csv, {text}")]);
        assert!(!message.contains("xport_cfg") && !message.contains("limits."), "{message}");
    }
}

#[test]
fn no_value_is_changed_silently() {
    let job = fetch!(Options::default());
    let into = "into: {table: t, mode: append, columns: {id: timestamp}}";
    let rows = "[\"2019-02-27 11:59:00.1234567\"], [\"2019-02-27T11:59:00+02:00\"]";
    job.config(&numbered(1), &small(into).replace("'.[] | [.]'", &format!("'{rows}'")));
    let run = job.run(&["--max-rejects", "1"], 3);
    run.assert_stderr_has("adjusted: 1 value cut to microseconds (id 1)");
    assert_eq!(job.db.one("SELECT id::text FROM t"), "2019-02-27 11:59:00.123456");
    says(&job.work.read("rejects/job.jsonl"), &["\\\"2019-02-27T11:59:00+02:00\\\" does not fit timestamp"]);
}
